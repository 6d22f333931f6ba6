import {readFileSync} from 'node:fs'
import {relative} from 'node:path'
import {type Diagnostic, hasErrors, positionOf} from '../base/diagnostic.ts'
import {StackError} from '../base/error.ts'
import type {Project} from '../model/project.ts'
import type {Loaded} from '../spec/load.ts'
import {readProject} from '../spec/read.ts'
import type {Stage} from '../spec/source.ts'
import {renderDiagnostics} from '../ui/diagnostics.ts'
import type {Style} from '../ui/style.ts'
import type {Io, Model, Scope} from './context.ts'
import {Silent, withExitCode} from './failure.ts'
import type {Globals} from './globals.ts'
import {readOptions} from './read-options.ts'

export type Loading = {
  readonly globals: Globals
  readonly io: Io
  /** With what the environment files say of COMPOSE_… */
  readonly environment: NodeJS.ProcessEnv
  readonly style: Style
  /** Services that were named: their profiles are switched on. */
  readonly services: readonly string[]
  /** Problems as JSON, one a line. */
  readonly json: boolean
  readonly without?: ReadonlySet<Stage>
}

/** Reads the project's files, prints what is wrong with them, and fails if that is an error. */
export function loadScope(loading: Loading): Scope {
  const loaded = loadFiles(loading)
  if (loaded instanceof StackError) return byNameAlone(loading, loaded)
  tell(loaded.problems, loading)
  if (hasErrors(loaded.problems)) throw new Silent(1)
  const project: Project = loaded.project!
  return {name: project.name, project}
}

/** What the files mean, also where stack cannot run it: that is a warning then. */
export function loadModel(loading: Loading): Model {
  const loaded = loadFiles(loading)
  if (loaded instanceof StackError) throw loaded
  const {canonical, sources, project, problems} = loaded
  if (canonical === undefined || sources === undefined) {
    tell(problems, loading)
    throw new Silent(1)
  }
  tell(
    problems.map(each => ({...each, severity: 'warning'})),
    loading,
  )
  return {canonical, sources, project}
}

function loadFiles({globals, io, services, without}: Loading): Loaded | StackError {
  try {
    return readProject({
      ...readOptions(globals, io),
      services,
      ...(without && {without}),
      stdin: () => readFileSync(0, 'utf8'),
    })
  } catch (error) {
    // Whatever is wrong with files, the code is docker compose's.
    const failure = withExitCode(error, 1)
    if (failure instanceof StackError && failure.code === 'not-found') return failure
    throw failure
  }
}

/** Without a file that was asked for, a name is enough to find what runs. */
function byNameAlone({globals, environment}: Loading, missing: StackError): Scope {
  const name = globals['project-name'] ?? environment.COMPOSE_PROJECT_NAME
  if (globals.file.length > 0 || environment.COMPOSE_FILE || !name) throw missing
  return {name, missing}
}

function tell(problems: readonly Diagnostic[], {io, style, json}: Loading): void {
  if (problems.length === 0) return
  const shown = problems.map(each => shorten(each, io.directory))
  io.stderr.write(
    json ? shown.map(each => `${JSON.stringify(jsonOf(each))}\n`).join('') : renderDiagnostics(shown, style),
  )
}

const jsonOf = ({severity, code, message, at, hint}: Diagnostic) => ({
  [severity]: true,
  message,
  code,
  file: at?.file.path,
  ...(at && positionOf(at.file, at.start)),
  hint,
})

/** Files below where we are are named from here. */
function shorten(problem: Diagnostic, directory: string): Diagnostic {
  const {at} = problem
  if (at === undefined || !at.file.path.startsWith(`${directory}/`)) return problem
  return {...problem, at: {...at, file: {...at.file, path: relative(directory, at.file.path)}}}
}
