import {type Diagnostic, hasErrors, type SourceFile} from '../base/diagnostic.ts'
import type {Project} from '../model/project.ts'
import type {Canonical} from './canonical-form.ts'
import {check} from './check.ts'
import {readContents} from './content.ts'
import {readEnvFiles} from './env-files.ts'
import {resolveEnvironment} from './environment.ts'
import {dropResets} from './merge.ts'
import {loadModel} from './model.ts'
import {type Named, projectName} from './name.ts'
import {mapValues, normalise} from './normalise.ts'
import {inOrder} from './order.ts'
import {nearest, type Path} from './path.ts'
import {problem} from './problem.ts'
import {applyProfiles} from './profiles.ts'
import {projectOf} from './project/project.ts'
import {selectedServices} from './selection.ts'
import {type Context, createContext, own} from './source.ts'
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
  readonly selinux?: boolean
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
  const context = createContext(request.read, each => problems.push(each))
  const documents = request.files.flatMap(context.documents)
  const named = nameOf(request, documents)
  if (named.problem !== undefined) problems.push(named.problem)
  const environment = {...request.environment, COMPOSE_PROJECT_NAME: named.name}
  const setting = {environment, base: {directory: request.workingDirectory, home: own(environment, 'HOME')}}
  const tree = loadModel({files: request.files, setting, chain: []}, context)
  if (tree === undefined) return {problems: problems.length > 0 ? inOrder(problems) : [emptyProblem(request.files)]}
  const whole = resolveEnvironment(dropResets(tree), environment)
  return understand(whole, {request, context, environment, name: named.name, problems})
}

type Understanding = {
  readonly request: LoadRequest
  readonly context: Context
  readonly environment: Readonly<Record<string, string>>
  readonly name: string
  /** Grows while the tree is looked at. */
  readonly problems: readonly Diagnostic[]
}

function understand(tree: MapTree, {request, context, environment, name, problems}: Understanding): Loaded {
  checkServicesKey(tree, context)
  checkSupport(tree, {platform: request.platform, selinux: request.selinux ?? false}, context.report)
  const plain = {services: {}, ...(toPlain(tree) as object)} as Canonical
  const model = normalise(plain, name, request.workingDirectory)
  const switched = applyProfiles(model, request.profiles, request.services ?? [])
  check({model, written: tree, switched, problems, report: context.report})
  const from = {context, environment, placeOf: (path: Path) => nearest(tree, path).key}
  const selected = selectedServices(model, request.services ?? [])
  const on = mapValues(switched.on, (each, key) => (selected.has(key) ? readEnvFiles(key, each, from) : each))
  const isCoherent = !problems.some(each => each.severity === 'error' && each.code !== 'unsupported')
  const contents = readContents(model, switched, from)
  if (!isCoherent) return {problems: inOrder(problems)}
  const canonical: Canonical = {...model, services: on}
  if (hasErrors(problems)) return {problems: inOrder(problems), canonical}
  const {workingDirectory} = request
  const files = request.files.map(file => file.path)
  const project = projectOf({model, switched: {on, off: switched.off}, workingDirectory, files, contents})
  return {problems: inOrder(problems), canonical, project}
}

/** The name is needed before the files are understood: it is a variable in them. */
function nameOf(request: LoadRequest, documents: readonly MapTree[]): Named {
  const lookup = (key: string) => own(request.environment, key)
  const asked = request.projectName || lookup('COMPOSE_PROJECT_NAME')
  return projectName(asked, documents, {directory: request.workingDirectory, lookup})
}

function checkServicesKey(tree: MapTree, {report}: Context): void {
  if (get(tree, 'services') !== undefined) return
  const at = {...tree.at, end: tree.at.start}
  report(problem('missing-key', 'the file has no services', {at, hint: 'services stand under "services:"'}))
}

function emptyProblem(files: readonly SourceFile[]): Diagnostic {
  const file = files[0]
  const place = file === undefined ? {} : {at: {file, start: 0, end: 0}}
  return problem('empty-file', 'the Compose file is empty', {...place, hint: 'start with "services:"'})
}
