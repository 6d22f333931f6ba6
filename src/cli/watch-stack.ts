import {relative} from 'node:path'
import {describe, StackError} from '../base/error.ts'
import {sha256} from '../base/hash.ts'
import {takeLock} from '../base/lock.ts'
import type {Report} from '../dev/events.ts'
import {watchProject} from '../dev/session.ts'
import type {Project} from '../model/project.ts'
import {render} from '../plan/step.ts'
import {devPrinter} from '../ui/dev.ts'
import {createStyle, wantsColour} from '../ui/style.ts'
import {apply} from './apply.ts'
import {type Context, createContext} from './context.ts'
import {Silent} from './failure.ts'
import type {UpValues} from './up-options.ts'
import {type PlannedUp, planFor} from './up-plan.ts'

export type WatchingStack = {
  readonly planned: PlannedUp
  /** Of the `up` that a change of the project's files means. */
  readonly values: UpValues
  /** Those that were named. */
  readonly services: readonly string[]
  readonly signal: AbortSignal
  /** Only what goes wrong is told. */
  readonly quiet?: boolean
  /** Instead of lines on the terminal. */
  readonly report?: Report
  /** Images that a rebuild replaced go, unless said. */
  readonly prune?: boolean
}

/** Watches files for the containers of a stack until the signal. Errors: conflict where somebody does that already. */
export async function watchStack(context: Context, watching: WatchingStack): Promise<void> {
  const {planned, services, signal} = watching
  const {engine, project} = planned
  const lock = await takeLock(`stack-watch-${sha256(`${engine.name} ${project.name}`).slice(0, 32)}`, 0)
  if (lock === undefined) {
    throw new StackError('conflict', `another "stack watch" is at work on "${project.name}"`, {
      hint: 'end that one first',
    })
  }
  try {
    const files = new ProjectFiles(context, watching)
    await files.read()
    await watchProject({
      engine,
      project,
      signal,
      services: services.length > 0 ? services : Object.keys(project.services),
      parallel: context.settings.parallel,
      report: watching.report ?? quietly(watching.quiet ?? false, printerFor(context, project)),
      projectFiles: () => files.paths,
      reload: changed => files.reload(changed),
      rebuild: named => files.rebuild(named),
    })
  } finally {
    lock.release()
  }
}

const quietly =
  (quiet: boolean, report: Report): Report =>
  event => {
    if (!quiet || event.kind === 'warned') report(event)
  }

export function printerFor({io, settings, environment}: Context, project: Project) {
  const stream = settings.statusOnStdout ? io.stdout : io.stderr
  const style = createStyle(wantsColour({ansi: settings.ansi, environment}, stream.isTTY === true))
  const write = settings.progress === 'quiet' ? () => {} : (text: string) => void stream.write(text)
  return devPrinter(write, {style, services: Object.keys(project.services), json: settings.progress === 'json'})
}

/** Every file that was read to know what the project is, and what is done when one of them changes. */
class ProjectFiles {
  readonly #context: Context
  readonly #watching: WatchingStack
  paths: ReadonlySet<string> = new Set()

  constructor(context: Context, watching: WatchingStack) {
    this.#context = context
    this.#watching = watching
  }

  /** Looks at them once more, to know which they are. */
  async read(): Promise<void> {
    const {context, paths} = this.#fresh()
    await context.project(this.#watching.services)
    this.paths = paths
  }

  /** Shows what a change means, and does it. What cannot be understood or done is told, and changes nothing else. */
  async reload(changed: readonly string[]): Promise<Project | undefined> {
    const {services, values, signal} = this.#watching
    const {context, paths} = this.#fresh()
    const renderer = await context.lineRenderer()
    const names = changed.map(path => relative(context.io.directory, path)).join(', ')
    try {
      const {project, plan} = await planFor(context, withoutForce(values), services, {recreateVolumes: false})
      this.paths = paths
      renderer.note('info', `${names} changed: ${plan.steps.length === 0 ? 'nothing to do' : 'this is done'}`)
      if (plan.steps.length > 0) renderer.note('info', render(plan.steps))
      await apply(context, plan, {title: 'up', amongOutput: true, signal})
      return project
    } catch (error) {
      this.paths = new Set([...this.paths, ...paths])
      if (signal.aborted) return undefined
      const why = error instanceof Silent ? '' : `: ${describe(error)}`
      renderer.note('error', `${names} changed, and what runs stays as it is${why}`)
      return undefined
    }
  }

  /** What `up --build` does with these, and no others. */
  async rebuild(services: readonly string[]): Promise<readonly string[]> {
    const {planned, values, signal, prune = true} = this.#watching
    const {engine} = planned
    const {context} = this.#fresh()
    const renderer = await context.lineRenderer()
    const wanted = {...withoutForce(values), build: true, 'no-build': false, 'no-deps': true}
    const before = await Promise.all(
      services.map(name => engine.findImage(planned.project.services[name]?.image ?? '')),
    )
    try {
      const {project, plan} = await planFor(context, wanted, services, {recreateVolumes: false, amongOutput: true})
      await apply(context, plan, {title: 'up', amongOutput: true, signal})
      const after = await Promise.all(services.map(name => engine.findImage(project.services[name]?.image ?? '')))
      const replaced = before.flatMap((image, index) => (image && image.id !== after[index]?.id ? [image.id] : []))
      // One that another container still has stays.
      if (prune) for (const id of replaced) await engine.removeImage(id).catch(() => undefined)
      return services
    } catch (error) {
      if (signal.aborted) return []
      const why = error instanceof Silent ? '' : `: ${describe(error)}`
      renderer.note('error', `${services.join(', ')} could not be rebuilt, and what runs stays as it is${why}`)
      return []
    }
  }

  #fresh(): {readonly context: Context; readonly paths: Set<string>} {
    const {globals, io} = this.#context
    const paths = new Set<string>()
    const {engine} = this.#watching.planned
    const onRead = (path: string) => void (path !== '-' && paths.add(path))
    return {context: createContext(globals, {...io, engine, onRead}), paths}
  }
}

/** What was to be made anew at the start is not made anew at every change. */
const withoutForce = (values: UpValues): UpValues => ({
  ...values,
  'force-recreate': false,
  'always-recreate-deps': false,
  'renew-anon-volumes': false,
  'no-recreate': false,
})
