import {dirname} from 'node:path/posix'
import type {SourceFile} from '../base/diagnostic.ts'
import {parseDotenv} from './dotenv.ts'
import {resolveEnvironment} from './environment.ts'
import {problem} from './problem.ts'
import {type Context, decode, own, type Setting} from './source.ts'
import {get, itemsOf, type MapTree, type Tree, textOf, withoutKeys} from './tree.ts'

type LoadModel = (
  source: {readonly files: readonly SourceFile[]; readonly setting: Setting; readonly chain: readonly string[]},
  context: Context,
) => MapTree | undefined
type From = {readonly setting: Setting; readonly chain: readonly string[]}
type With = {readonly context: Context; readonly loadModel: LoadModel}

/** The models that a prepared document includes: each with its own directory and its own variables. */
export function includeAll(document: MapTree, from: From, tools: With): MapTree[] {
  return itemsOf(get(document, 'include')).flatMap(entry => include(entry, from, tools) ?? [])
}

function include(entry: Tree, {setting, chain}: From, {context, loadModel}: With): MapTree | undefined {
  const paths = itemsOf(get(entry, 'path'))
  const files = paths.flatMap(path => open(path, chain, context) ?? [])
  if (files.length === 0 || files.length < paths.length) return undefined
  const directory = textOf(get(entry, 'project_directory')) ?? dirname(files[0]!.path)
  const environment = environmentOf(entry, {directory, setting, context})
  const inner: Setting = {...setting, environment, base: {...setting.base, directory}}
  const model = loadModel({files, setting: inner, chain}, context)
  return model === undefined ? undefined : withoutKeys(resolveEnvironment(model, inner.environment), ['name'])
}

function open(path: Tree, chain: readonly string[], {read, report}: Context): SourceFile | undefined {
  const name = textOf(path)
  if (name === undefined) return undefined
  if (chain.includes(name)) {
    const circle = [...chain.slice(chain.indexOf(name)), name]
    report(problem('circular-include', `files include each other: ${circle.join(' → ')}`, {at: path.at}))
    return undefined
  }
  if (
    /^(?:https?:|git@|git:|ssh:|oci:)/.test(path.at.file.text.slice(path.at.start, path.at.end).replace(/^["']/, ''))
  ) {
    report(
      problem('unsupported', 'including from elsewhere is not supported: include takes local files', {at: path.at}),
    )
    return undefined
  }
  const bytes = read(name)
  if (bytes !== undefined) return {path: name, text: decode(bytes)}
  report(problem('file-not-found', `included file ${name} is not there`, {at: path.at}))
  return undefined
}

/** The parent's variables win; below them the entry's files, or `.env` in its directory. */
function environmentOf(
  entry: Tree,
  {directory, setting, context}: {readonly directory: string; readonly setting: Setting; readonly context: Context},
): Record<string, string> {
  const named = get(entry, 'env_file')
  const environment: Record<string, string> = {}
  const files =
    named === undefined
      ? [{path: `${directory}/.env`}]
      : itemsOf(named).map(each => ({path: textOf(each) ?? '', at: each.at}))
  for (const {path, ...place} of files) {
    const bytes = path === '/dev/null' ? new Uint8Array() : context.read(path)
    if (bytes === undefined) {
      if ('at' in place) context.report(problem('file-not-found', `environment file ${path} is not there`, place))
      continue
    }
    const {variables, problems} = parseDotenv(
      {path, text: decode(bytes)},
      name => own(setting.environment, name) ?? own(environment, name),
    )
    problems.forEach(context.report)
    for (const [name, value] of variables) if (value !== null) environment[name] = value
  }
  return {...environment, ...setting.environment}
}
