import type {StackError} from '../base/error.ts'
import type {Actual, Engine} from '../engine/engine.ts'
import type {Project} from '../model/project.ts'
import type {Canonical} from '../spec/canonical-form.ts'
import type {Sources} from '../spec/load.ts'
import {composeVariables} from '../spec/read-surroundings.ts'
import type {Stage} from '../spec/source.ts'
import {chooseRenderer} from '../ui/choose.ts'
import type {Renderer} from '../ui/renderer.ts'
import {createStyle, type Style, wantsColour} from '../ui/style.ts'
import type {Globals, ProgressMode} from './globals.ts'
import type {Interrupts} from './interrupts.ts'
import {readOptions} from './read-options.ts'
import {type Settings, settingsFrom} from './settings.ts'

/** The process as the command line sees it; a test gives its own. */
export type Io = {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly environment: NodeJS.ProcessEnv
  readonly directory: string
  readonly interrupts: Interrupts
  /** Instead of the engine that would be found. */
  readonly engine?: Engine
  /** Told of every file that says what the project is. */
  readonly onRead?: (path: string) => void
}

/** A project by its name, with its file where one was found. */
export type Scope = {
  readonly name: string
  readonly project?: Project
  /** Why there is no project. */
  readonly missing?: StackError
}

/** What the files say, for commands that show it. */
export type Model = {
  readonly canonical: Canonical
  readonly sources: Sources
  /** undefined: stack cannot run it, and has said why. */
  readonly project: Project | undefined
}

/** What a command gets: everything it may need, each loaded when it is first asked for. */
export type Context = {
  readonly io: Io
  readonly globals: Globals
  readonly settings: Settings
  /** With what the environment files say of COMPOSE_… */
  readonly environment: NodeJS.ProcessEnv
  /** For data on standard output. */
  readonly style: Style
  print(text: string): void
  renderer(): Promise<Renderer>
  /** For work that is done while containers' output is printed: it never redraws. */
  lineRenderer(): Promise<Renderer>
  /** The project of the files, profiles of the named services switched on; prints what is wrong with them. */
  project(services?: readonly string[]): Promise<Project>
  /** As `project`, without some parts of the work, and where stack could not run it too. */
  model(services?: readonly string[], without?: ReadonlySet<Stage>): Promise<Model>
  /** As `project`, but a name given without any file is enough. */
  scope(services?: readonly string[]): Promise<Scope>
  engine(): Promise<Engine>
  /** The scope and what there is of it, as it is now. */
  observe(): Promise<{readonly scope: Scope; readonly actual: Actual}>
  close(): Promise<void>
}

/** The composition root: where files, engine and terminal come together. */
export function createContext(globals: Globals, io: Io): Context {
  const environment = {...composeVariables(readOptions(globals, io)), ...io.environment}
  const settings = settingsFrom(globals, environment)
  const styleFor = (stream: NodeJS.WriteStream) =>
    createStyle(wantsColour({ansi: settings.ansi, environment}, stream.isTTY === true))
  const progress = settings.statusOnStdout ? io.stdout : io.stderr
  const rendererFor = (mode: ProgressMode) =>
    chooseRenderer(mode, {stdout: io.stdout, stderr: progress, style: styleFor(progress)})
  const renderer = once(() => rendererFor(settings.progress))
  const redraws = settings.progress === 'auto' || settings.progress === 'tty'
  const engine = once(() => openEngine(io))
  const loading = {globals, io, environment, style: styleFor(io.stderr), json: settings.progress === 'json'}
  const scope = once(async (services: readonly string[] = []) => {
    const {loadScope} = await import('./scope.ts')
    return loadScope({...loading, services})
  })
  const model = once(async (services: readonly string[] = [], without: ReadonlySet<Stage> = new Set()) => {
    const {loadModel} = await import('./scope.ts')
    return loadModel({...loading, services, without})
  })
  return {
    io,
    globals,
    settings,
    environment,
    style: styleFor(io.stdout),
    print: text => void io.stdout.write(text),
    renderer: renderer.get,
    lineRenderer: () => (redraws ? rendererFor('plain') : renderer.get()),
    scope: scope.get,
    model: model.get,
    project: async services => requireProject(await scope.get(services)),
    engine: engine.get,
    observe: async () => {
      const found = await scope.get()
      return {scope: found, actual: await (await engine.get()).observe(found.name)}
    },
    close: async () => {
      if (engine.asked())
        await engine.get().then(
          opened => opened.close(),
          () => {},
        )
    },
  }
}

async function openEngine(io: Io): Promise<Engine> {
  if (io.engine !== undefined) return io.engine
  const {selectEngine} = await import('../engine/select.ts')
  return selectEngine(io.environment)
}

function requireProject({project, missing}: Scope): Project {
  if (project === undefined) throw missing ?? new Error('a scope has a project or says why not')
  return project
}

/** Makes it at the first call, and gives the same at every other. */
function once<T, Arguments extends readonly unknown[]>(make: (...given: Arguments) => Promise<T>) {
  let made: Promise<T> | undefined
  return {
    get: (...given: Arguments): Promise<T> => {
      made ??= make(...given)
      return made
    },
    asked: (): boolean => made !== undefined,
  }
}
