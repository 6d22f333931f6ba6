import type {ActualContainer} from '../engine/engine.ts'
import {LogPrinter} from '../ui/logs.ts'
import {createStyle} from '../ui/style.ts'
import type {Context} from './context.ts'
import {Follower} from './follow.ts'
import type {End} from './followed.ts'
import {shortName, sorted} from './selection.ts'
import type {Stopper} from './stopper.ts'
import type {UpValues} from './up-options.ts'
import type {PlannedUp} from './up-plan.ts'

export type Watched = {
  readonly planned: PlannedUp
  readonly values: UpValues
  /** Those that were named. */
  readonly services: readonly string[]
  /** Services whose output is shown. */
  readonly shown: ReadonlySet<string>
  readonly since: number
  readonly stopper: Stopper
}

/** The time from when all is started to when all has ended, in one way or another of showing it. */
export type Attached = {run(): Promise<void>; stop(): void; exitCode(): Promise<number>}
export type Attach = (context: Context, watched: Watched) => Attached

/** How long after the stop the last lines may take to come, in milliseconds; what could not be stopped has no end. */
const farewell = 500

/** Shows it as lines. */
export class Watching implements Attached {
  readonly #context: Context
  readonly #watched: Watched
  readonly #leaving = new AbortController()
  #endedBy: End | undefined
  #stopped: Promise<void> | undefined

  constructor(context: Context, watched: Watched) {
    this.#context = context
    this.#watched = watched
  }

  async run(): Promise<void> {
    const {shown, since} = this.#watched
    const {printer, follower} = this.#follower()
    const {actual} = await this.#context.observe()
    const ran = ({status, finishedAt = 0}: ActualContainer) =>
      status !== 'created' && (status !== 'exited' || finishedAt >= since)
    const containers = sorted(actual.containers.filter(each => !each.oneoff && shown.has(each.service) && ran(each)))
    if (containers.length > 0) this.#context.io.stderr.write(`Attaching to ${containers.map(shortName).join(', ')}\n`)
    printer.expect(containers.map(shortName))
    await follower.follow(containers)
    await this.#stopped
  }

  /** Stops everything; what it still writes is shown. */
  stop(): void {
    this.#stopped ??= this.#watched.stopper.stop()
    this.#stopped.catch(() => {}).finally(() => setTimeout(() => this.#leaving.abort(), farewell))
  }

  async exitCode(): Promise<number> {
    const decisive = this.#watched.values['exit-code-from']
    if (decisive === undefined) return this.#endedBy?.exitCode ?? 0
    const {actual} = await this.#context.observe()
    return sorted(actual.containers).find(({service, oneoff}) => service === decisive && !oneoff)?.exitCode ?? 0
  }

  #follower(): {readonly printer: LogPrinter; readonly follower: Follower} {
    const {planned, values} = this.#watched
    const {io, style} = this.#context
    const colours = values['no-color'] ? createStyle(false) : style
    const targets = {stdout: io.stdout, stderr: io.stderr, style: colours, prefix: !values['no-log-prefix']}
    const printer = new LogPrinter(targets)
    const follower = new Follower({
      engine: planned.engine,
      project: planned.project.name,
      printer,
      reading: {since: this.#watched.since, timestamps: values.timestamps},
      wants: ({service}) => this.#watched.shown.has(service),
      exited: end => this.#judge(end),
      signal: this.#leaving.signal,
      stays: values.watch,
    })
    return {printer, follower}
  }

  /** With the options that say so, the end of one container is the end of all. */
  #judge(end: End): void {
    const {values} = this.#watched
    const onExit = values['abort-on-container-exit'] || values['exit-code-from'] !== undefined
    const ends = onExit || (values['abort-on-container-failure'] && end.exitCode !== 0)
    if (!ends || this.#stopped !== undefined) return
    this.#endedBy = end
    this.#context.io.stderr.write('Aborting on container exit...\n')
    this.stop()
  }
}
