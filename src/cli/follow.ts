import {deferred} from '../base/deferred.ts'
import type {ActualContainer, Engine, EngineEvent, LogOptions} from '../engine/engine.ts'
import type {LogPrinter} from '../ui/logs.ts'
import {shortName} from './selection.ts'

export type Following = {
  readonly engine: Engine
  readonly project: string
  readonly printer: LogPrinter
  /** For the run of a container that is under way; later runs are read from their start. */
  readonly reading: LogOptions
  /** Whether a container that starts meanwhile is followed too. */
  readonly wants: (event: EngineEvent) => boolean
  readonly exited?: (container: ActualContainer) => void
  readonly signal: AbortSignal
}

/** What is known of one container: the run that was printed last, and whether something happened since it was looked at. */
type Followed = {lastRun: number | undefined; looking: boolean; again: boolean}

/** How long to trust that an event will come: one may be missed while the connection for events is being made. */
const patience = 1000

/** Prints what containers write, over restarts, until all of them have ended. */
export class Follower {
  readonly #following: Following
  readonly #followed = new Map<string, Followed>()
  readonly #ended = deferred<void>()
  readonly #closing = new AbortController()

  constructor(following: Following) {
    this.#following = following
  }

  async follow(containers: readonly ActualContainer[]): Promise<void> {
    const {signal} = this.#following
    const close = () => this.#end()
    signal.addEventListener('abort', close, {once: true})
    try {
      if (signal.aborted || containers.length === 0) return
      for (const {id} of containers) this.#followed.set(id, {lastRun: undefined, looking: false, again: false})
      for (const {id} of containers) this.#look(id)
      this.#watch().catch(this.#ended.reject)
      await this.#ended.promise
    } finally {
      signal.removeEventListener('abort', close)
      this.#end()
    }
  }

  #end(): void {
    this.#closing.abort()
    this.#ended.resolve()
  }

  async #watch(): Promise<void> {
    const {engine, project, wants} = this.#following
    for await (const event of engine.events(project, this.#closing.signal)) {
      if (event.action === 'start' && !this.#followed.has(event.container) && wants(event)) {
        this.#followed.set(event.container, {lastRun: undefined, looking: false, again: false})
      }
      if (['start', 'die', 'destroy'].includes(event.action)) this.#look(event.container)
    }
  }

  /** Looks at a container once more; at one time only once, so that its runs are printed one behind the other. */
  #look(id: string): void {
    const known = this.#followed.get(id)
    if (known === undefined || this.#closing.signal.aborted) return
    known.again = true
    if (known.looking) return
    known.looking = true
    this.#lookWhileNew(id, known).catch(error => {
      if (!this.#closing.signal.aborted) this.#ended.reject(error)
    })
  }

  async #lookWhileNew(id: string, known: Followed): Promise<void> {
    while (known.again && !this.#closing.signal.aborted) {
      known.again = false
      if (await this.#printRun(id, known)) return this.#forget(id)
    }
    known.looking = false
    setTimeout(() => this.#look(id), patience).unref()
  }

  /** Prints a run that has not been printed; true when the container is over. */
  async #printRun(id: string, known: Followed): Promise<boolean> {
    const {engine, printer, reading} = this.#following
    const before = await engine.inspectContainer(id)
    if (before === undefined) return true
    const isNew = before.startedAt !== undefined && before.startedAt !== known.lastRun
    if (!isNew) return isOver(before)
    const {signal} = this.#closing
    const since =
      known.lastRun === undefined ? reading : {timestamps: reading.timestamps ?? false, since: before.startedAt}
    known.lastRun = before.startedAt
    await printer.copy(shortName(before), engine.logs(id, {...since, follow: true, signal}))
    return signal.aborted || this.#tellEnd(before, await engine.inspectContainer(id), known)
  }

  async #tellEnd(before: ActualContainer, after: ActualContainer | undefined, known: Followed): Promise<boolean> {
    if (after === undefined) return true
    if (after.startedAt !== before.startedAt) known.again = true
    // The stream may end a moment before the engine says that the container has.
    else if (after.status === 'running' || after.status === 'paused') known.lastRun = before.startedAt
    const ended = isOver(after) || after.status === 'restarting'
    if (!ended) return false
    const suffix = isOver(after) ? '' : ' (restarting)'
    await this.#following.printer.say(shortName(after), `exited with code ${after.exitCode}${suffix}`)
    if (isOver(after)) this.#following.exited?.(after)
    return isOver(after)
  }

  #forget(id: string): void {
    this.#followed.delete(id)
    if (this.#followed.size === 0) this.#end()
  }
}

const isOver = ({status}: ActualContainer): boolean => ['exited', 'dead', 'created', 'removing'].includes(status)
