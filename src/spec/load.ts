import {type Diagnostic, hasErrors, type SourceFile} from '../base/diagnostic.ts'
import type {Project} from '../model/project.ts'
import type {Canonical} from './canonical-form.ts'
import {check} from './check.ts'
import {readContent} from './content.ts'
import {readEnvFiles} from './env-files.ts'
import {resolveEnvironment} from './environment.ts'
import {dropResets} from './merge.ts'
import {loadModel} from './model.ts'
import {projectName} from './name.ts'
import {mapValues, normalise} from './normalise.ts'
import {nearest, type Path} from './path.ts'
import {problem} from './problem.ts'
import {applyProfiles} from './profiles.ts'
import {projectOf} from './project/project.ts'
import {type Context, own, parseSource} from './source.ts'
import {checkSupport} from './support.ts'
import {get, type MapTree, toPlain} from './tree.ts'

export type LoadRequest = {
  /** As read, in merge order; paths absolute. */
  readonly files: readonly SourceFile[]
  /** Absolute: where relative paths start. */
  readonly workingDirectory: string
  /** The process's variables over those of `.env`. */
  readonly environment: Readonly<Record<string, string>>
  readonly profiles: readonly string[]
  readonly projectName?: string | undefined
  /** Services that were named: their profiles are switched on, and only files they need must be there. */
  readonly services?: readonly string[]
  /** The bytes of a file (env_file, extends, include, configs, secrets), or undefined where there is none. */
  readonly read: (path: string) => Uint8Array | undefined
  /** `linux/amd64`: what this machine runs. */
  readonly platform?: string | undefined
}

/**
 * The project is there when no problem is an error. The canonical model is there whenever the files are coherent,
 * even if stack cannot run them: something is unsupported, or a secret's file is not there.
 */
export type Loaded = {
  readonly problems: readonly Diagnostic[]
  readonly project?: Project
  readonly canonical?: Canonical
}

/** Text to Project: parse, interpolate, merge, validate, normalise; every problem at once, each with its place. */
export function load(request: LoadRequest): Loaded {
  const problems: Diagnostic[] = []
  const context: Context = {read: request.read, report: each => problems.push(each)}
  const name = nameOf(request)
  if (name.problem !== undefined) problems.push(name.problem)
  const environment = {...request.environment, COMPOSE_PROJECT_NAME: name.name}
  const setting = {environment, base: {directory: request.workingDirectory, home: own(environment, 'HOME')}}
  const tree = loadModel({files: request.files, setting, chain: []}, context)
  if (tree === undefined) return {problems: problems.length > 0 ? inOrder(problems) : [emptyProblem(request.files)]}
  return understand(resolveEnvironment(dropResets(tree), environment), {
    request,
    context,
    environment,
    name: name.name,
    problems,
  })
}

type Understanding = {
  readonly request: LoadRequest
  readonly context: Context
  readonly environment: Readonly<Record<string, string>>
  readonly name: string
  readonly problems: Diagnostic[]
}

function understand(tree: MapTree, {request, context, environment, name, problems}: Understanding): Loaded {
  checkServicesKey(tree, request, context)
  checkSupport(tree, {platform: request.platform}, context.report)
  const placeOf = (path: Path) => nearest(tree, path).key
  const plain = {services: {}, ...(toPlain(tree) as object)} as Canonical
  const normal = normalise(plain, name, request.workingDirectory)
  const switched = applyProfiles(normal, request.profiles, request.services ?? [])
  check({model: normal, written: tree, switched, problems, report: context.report})
  const files = {context, environment, placeOf}
  const wanted = wantedServices(normal, request.services)
  const readFor = (service: Canonical['services'][string], key: string) =>
    wanted.has(key) ? readEnvFiles(key, service, files) : service
  const on = mapValues(switched.on, readFor)
  const isCoherent = !problems.some(each => each.severity === 'error' && each.code !== 'unsupported')
  if (!isCoherent) return {problems: inOrder(problems)}
  const canonical: Canonical = {...normal, services: on}
  const project = projectOf({
    model: normal,
    switched: {on, off: switched.off},
    workingDirectory: request.workingDirectory,
    files: request.files.map(file => file.path),
    content: readContent(files),
  })
  const all = inOrder(problems)
  return hasErrors(all) ? {problems: all, canonical} : {problems: all, canonical, project}
}

/** In the order of the files; the same thing said of the same place is said once, since a file may be read twice. */
function inOrder(problems: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>()
  for (const each of problems) {
    const key = `${each.code} ${each.message} ${each.at?.file.path}:${each.at?.start}`
    if (!seen.has(key)) seen.set(key, each)
  }
  const files = new Map<string, number>()
  for (const {at} of problems) if (at !== undefined && !files.has(at.file.path)) files.set(at.file.path, files.size)
  const rank = ({at}: Diagnostic) => (at === undefined ? -1 : files.get(at.file.path)!)
  return [...seen.values()].sort((a, b) => rank(a) - rank(b) || (a.at?.start ?? 0) - (b.at?.start ?? 0))
}

/** The name is needed before the files are understood: it is a variable in them. */
function nameOf(request: LoadRequest) {
  const silent: Context = {read: request.read, report: () => {}}
  const mayBeNamed = request.files.filter(
    file => /^["']?name["']?[ \t]*:/m.test(file.text) || file.text.trimStart().startsWith('{'),
  )
  const documents = request.projectName ? [] : mayBeNamed.flatMap(file => parseSource(file, silent))
  const lookup = (key: string) => own(request.environment, key)
  return projectName(request.projectName || lookup('COMPOSE_PROJECT_NAME'), documents, {
    directory: request.workingDirectory,
    lookup,
  })
}

function checkServicesKey(tree: MapTree, request: LoadRequest, {report}: Context): void {
  if (get(tree, 'services') !== undefined) return
  const hint = 'services stand under "services:"'
  const first = request.files[0]
  if (first === undefined) return
  report(
    problem('missing-key', 'the file has no services', {
      at: {file: first, start: tree.at.start, end: tree.at.start},
      hint,
    }),
  )
}

function emptyProblem(files: readonly SourceFile[]): Diagnostic {
  const file = files[0]
  const place = file === undefined ? {} : {at: {file, start: 0, end: 0}}
  return problem('empty-file', 'the Compose file is empty', {...place, hint: 'start with "services:"'})
}

/** The named services and what they depend on; all when none is named. */
function wantedServices({services}: Canonical, named: readonly string[] = []): ReadonlySet<string> {
  const wanted = new Set<string>()
  const queue = named.length === 0 ? Object.keys(services) : [...named]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (wanted.has(name)) continue
    wanted.add(name)
    queue.push(...Object.keys(services[name]?.depends_on ?? {}))
  }
  return wanted
}
