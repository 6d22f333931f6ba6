import {isAbsolute, join, normalize} from 'node:path/posix'
import {cacheDirectory, withDirectory} from '../model/build-cache.ts'
import {compileRules, type Rules, ruleFor} from './pattern.ts'
import {seccompPath} from './seccomp-files.ts'
import {type Entry, get, type MapTree, scalar, type Tree, textOf} from './tree.ts'

/** Where relative paths of a file start, and what `~` is. */
export type Base = {readonly directory: string; readonly home: string | undefined}

type PathRule = (tree: Tree, base: Base) => Tree

const local: PathRule = (tree, base) => {
  const path = textOf(tree)
  return path === undefined ? tree : {...tree, ...scalar(absolute(path, base), tree.at)}
}

/** `type=local,src=DIR`. */
const cached: PathRule = (tree, base) => {
  const text = textOf(tree) ?? ''
  const directory = cacheDirectory(text)
  return directory === undefined ? tree : {...tree, ...scalar(withDirectory(text, absolute(directory, base)), tree.at)}
}

/** A directory, unless it is the address of something elsewhere. */
const context: PathRule = (tree, base) => (isRemote(textOf(tree) ?? '') ? tree : local(tree, base))

const mountSource: PathRule = (tree, base) => {
  const source = get(tree, 'source')
  if (tree.kind !== 'map' || source === undefined || textOf(get(tree, 'type')) !== 'bind') return tree
  return setValue(tree, 'source', local(source, base))
}

/** `driver: local` with `o: bind` mounts a directory of the host. */
const boundDevice: PathRule = (tree, base) => {
  const options = get(tree, 'driver_opts')
  const device = get(options, 'device')
  const isBind = textOf(get(options, 'o'))?.split(',').includes('bind')
  if (tree.kind !== 'map' || options?.kind !== 'map' || device === undefined || !isBind) return tree
  return setValue(tree, 'driver_opts', setValue(options, 'device', local(device, base)))
}

/** `seccomp=FILE`. */
const seccompProfile: PathRule = (tree, base) => {
  const path = seccompPath(textOf(tree) ?? '')
  return path === undefined ? tree : {...tree, ...scalar(`seccomp=${absolute(path, base)}`, tree.at)}
}

export const pathRows: ReadonlyArray<readonly [pattern: string, rule: PathRule]> = [
  ['include.*.env_file.*', local],
  ['include.*.path.*', local],
  ['include.*.project_directory', local],
  ['services.*.build.additional_contexts.*', context],
  ['services.*.build.cache_from.*', cached],
  ['services.*.build.cache_to.*', cached],
  ['services.*.build.context', context],
  ['services.*.build.ssh.*', local],
  ['services.*.credential_spec.file', local],
  ['services.*.develop.watch.*.path', local],
  ['services.*.env_file.*.path', local],
  ['services.*.extends.file', local],
  ['services.*.label_file.*', local],
  ['services.*.security_opt.*', seccompProfile],
  ['services.*.volumes.*', mountSource],
  ['volumes.*', boundDevice],
  ['configs.*.file', local],
  ['secrets.*.file', local],
]

const rules: Rules<PathRule> = compileRules(pathRows)

/** Makes every path on the host absolute; the tree is in canonical form. */
export const resolvePaths = (tree: MapTree, base: Base): MapTree => visit(tree, rules, base) as MapTree

function visit(tree: Tree, at: Rules<PathRule>, base: Base): Tree {
  if (tree.mark === 'reset') return tree
  const resolved = at.value === undefined ? tree : at.value(tree, base)
  const below = (value: Tree, part: string | number): Tree => {
    const next = ruleFor(at, part)
    return next === undefined ? value : visit(value, next, base)
  }
  if (resolved.kind === 'scalar') return resolved
  if (resolved.kind === 'list') return {...resolved, items: resolved.items.map(below)}
  const entries = new Map<string, Entry>()
  for (const [key, entry] of resolved.entries) entries.set(key, {key: entry.key, value: below(entry.value, key)})
  return {...resolved, entries}
}

export function absolute(path: string, {directory, home}: Base): string {
  const expanded = home !== undefined && /^~(?:\/|$)/.test(path) ? `${home}${path.slice(1)}` : path
  const whole = isAbsolute(expanded) ? normalize(expanded) : join(directory, expanded)
  return whole.length > 1 ? whole.replace(/\/$/, '') : whole
}

const isRemote = (text: string): boolean =>
  /^(?:https?|git|ssh|docker-image|oci-layout|service|target):|^git@|^github\.com\//.test(text)

function setValue(tree: MapTree, key: string, value: Tree): MapTree {
  const entry: Entry = {key: tree.entries.get(key)?.key ?? value.at, value}
  return {...tree, entries: new Map(tree.entries).set(key, entry)}
}
