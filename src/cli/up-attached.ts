import type {ActualContainer} from '../engine/engine.ts'
import {planStop} from '../plan/lifecycle.ts'
import {dependencyTable, withDependencies} from '../plan/order.ts'
import {checkServices} from '../plan/selection.ts'
import {LogPrinter} from '../ui/logs.ts'
import {createStyle} from '../ui/style.ts'
import {apply} from './apply.ts'
import type {Context} from './context.ts'
import {Follower} from './follow.ts'
import {graceOf} from './grace.ts'
import {interruptedCode} from './interrupts.ts'
import {shortName, sorted} from './selection.ts'
import {Stopper} from './stopper.ts'
import type {UpValues} from './up-options.ts'
import type {PlannedUp} from './up-plan.ts'

export type AttachedUp = {readonly planned: PlannedUp; readonly values: UpValues; readonly services: readonly string[]}

/** Starts everything and shows its output until it ends or is interrupted. Gives the exit code. */
export async function upAttached(context: Context, up: AttachedUp): Promise<number> {
  const {interrupts, stderr} = context.io
  const shown = shownServices(up)
  const stopper = stopperFor(context, up)
  const starting = new AbortController()
  let end = () => starting.abort()
  const unlisten = interrupts.listen(count => {
    if (count > 1) return stopper.force()
    stderr.write('Gracefully Stopping... press Ctrl+C again to force\n')
    end()
  })
  try {
    const since = Date.now()
    await start(context, up, starting.signal)
    const watching = new Watching(context, up, {shown, since, stopper})
    end = () => watching.stop()
    if (interrupts.count > 0) await stopper.stop()
    else await watching.run()
    return interrupts.count > 0 ? interruptedCode : await watching.exitCode()
  } finally {
    unlisten()
  }
}

/** An interrupt breaks the start off; what it leaves undone is then no failure. */
async function start(context: Context, {planned, values}: AttachedUp, signal: AbortSignal): Promise<void> {
  try {
    await apply(context, planned.plan, {title: 'up', signal, quietPull: values['quiet-pull']})
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function stopperFor(context: Context, {planned: {engine, project}, values, services}: AttachedUp): Stopper {
  const dependencies = dependencyTable(project, [])
  const started = services.length === 0 || values['no-deps'] ? services : [...withDependencies(services, dependencies)]
  return new Stopper({
    engine,
    project: project.name,
    interrupts: context.io.interrupts,
    stop: async signal => {
      const {scope, actual} = await context.observe()
      const there = started.filter(name => actual.containers.some(({service}) => service === name))
      if (started.length > 0 && there.length === 0) return
      await apply(context, planStop(scope, actual, {services: there, ...graceOf(values)}), {
        title: 'stop',
        signal,
        amongOutput: true,
      })
    },
  })
}

/** Services whose output is shown: those that were named or all, as far as their own wishes and the options go. */
export function shownServices({
  planned: {project},
  values,
  services,
}: Pick<AttachedUp, 'planned' | 'values' | 'services'>): ReadonlySet<string> {
  const {attach, 'exit-code-from': decisive} = values
  const all = Object.keys(project.services)
  checkServices([...attach, ...values['no-attach'], ...(decisive === undefined ? [] : [decisive])], all)
  const named = values['attach-dependencies'] ? [...withDependencies(services, dependencyTable(project, []))] : services
  const wanted =
    attach.length > 0 ? attach : named.length > 0 ? named : all.filter(name => project.services[name]!.attach)
  return new Set([
    ...wanted.filter(name => !values['no-attach'].includes(name)),
    ...(decisive === undefined ? [] : [decisive]),
  ])
}

type Watched = {readonly shown: ReadonlySet<string>; readonly since: number; readonly stopper: Stopper}

/** The time from when all is started to when all has ended. */
class Watching {
  readonly #context: Context
  readonly #up: AttachedUp
  readonly #watched: Watched
  readonly #leaving = new AbortController()
  #endedBy: ActualContainer | undefined
  #stopped: Promise<void> | undefined

  constructor(context: Context, up: AttachedUp, watched: Watched) {
    this.#context = context
    this.#up = up
    this.#watched = watched
  }

  async run(): Promise<void> {
    const {shown, since} = this.#watched
    const {actual} = await this.#context.observe()
    const ran = ({status, finishedAt = 0}: ActualContainer) =>
      status !== 'created' && (status !== 'exited' || finishedAt >= since)
    const containers = sorted(actual.containers.filter(each => !each.oneoff && shown.has(each.service) && ran(each)))
    if (containers.length > 0) this.#context.io.stderr.write(`Attaching to ${containers.map(shortName).join(', ')}\n`)
    await this.#follower(containers).follow(containers)
    await this.#stopped
  }

  /** Stops everything; what it still writes is shown. */
  stop(): void {
    this.#stopped ??= this.#watched.stopper.stop().finally(() => this.#leaving.abort())
    this.#stopped.catch(() => {})
  }

  async exitCode(): Promise<number> {
    const decisive = this.#up.values['exit-code-from']
    if (decisive === undefined) return this.#endedBy?.exitCode ?? 0
    const {actual} = await this.#context.observe()
    return sorted(actual.containers).find(({service, oneoff}) => service === decisive && !oneoff)?.exitCode ?? 0
  }

  #follower(containers: readonly ActualContainer[]): Follower {
    const {planned, values} = this.#up
    const {io, style} = this.#context
    const colours = values['no-color'] ? createStyle(false) : style
    const targets = {stdout: io.stdout, stderr: io.stderr, style: colours, prefix: !values['no-log-prefix']}
    return new Follower({
      engine: planned.engine,
      project: planned.project.name,
      printer: new LogPrinter(targets, containers.map(shortName)),
      reading: {since: this.#watched.since, timestamps: values.timestamps},
      wants: ({service}) => this.#watched.shown.has(service),
      exited: container => this.#judge(container),
      signal: this.#leaving.signal,
    })
  }

  /** With the options that say so, the end of one container is the end of all. */
  #judge(container: ActualContainer): void {
    const {values} = this.#up
    const onExit = values['abort-on-container-exit'] || values['exit-code-from'] !== undefined
    const ends = onExit || (values['abort-on-container-failure'] && container.exitCode !== 0)
    if (!ends || this.#stopped !== undefined) return
    this.#endedBy = container
    this.#context.io.stderr.write('Aborting on container exit...\n')
    this.stop()
  }
}
