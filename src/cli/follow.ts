import {deferred} from '../base/deferred.ts'
import type {ActualContainer, Engine, EngineEvent, LogOptions} from '../engine/engine.ts'
import type {LogPrinter} from '../ui/logs.ts'
import {isWithoutLogs, noLogs} from './no-logs.ts'
import {shortName} from './selection.ts'

export type Following = {
  readonly engine: Engine
  readonly project: string
  readonly printer: Pick<LogPrinter, 'copy' | 'say'>
  /** For the run of a container that is under way; later runs are read from their start. */
  readonly reading: LogOptions
  /** Whether a container that starts meanwhile is followed too. */
  readonly wants: (event: EngineEvent) => boolean
  readonly exited?: (container: ActualContainer) => void
  readonly signal: AbortSignal
  /** Goes on when all have ended: they will be started again. */
  readonly stays?: boolean
}

/** What is known of one container: the run that was printed last, and whether something happened since it was looked at. */
type Followed = {
  lastRun: number | undefined
  endUntold: boolean
  looking: boolean
  again: boolean
  isThere: boolean
  timer?: NodeJS.Timeout
}

const unseen = (): Followed => ({lastRun: undefined, endUntold: false, looking: false, again: false, isThere: true})

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
      if (signal.aborted || (containers.length === 0 && !this.#following.stays)) return
      for (const {id} of containers) this.#followed.set(id, unseen())
      for (const {id} of containers) this.#look(id)
      this.#watch().catch(this.#ended.reject)
      await this.#ended.promise
    } finally {
      signal.removeEventListener('abort', close)
      this.#end()
    }
  }

  #end(): void {
    for (const {timer} of this.#followed.values()) clearTimeout(timer)
    this.#closing.abort()
    this.#ended.resolve()
  }

  async #watch(): Promise<void> {
    const {engine, project, wants} = this.#following
    for await (const event of engine.events(project, this.#closing.signal)) {
      if (event.action === 'start' && !this.#followed.has(event.container) && wants(event)) {
        this.#followed.set(event.container, unseen())
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
      const isOver = await this.#printRun(id, known)
      if (isOver && !(this.#following.stays && known.isThere)) return this.#forget(id)
    }
    known.looking = false
    clearTimeout(known.timer)
    known.timer = setTimeout(() => this.#look(id), patience)
  }

  /** Prints a run that has not been printed; true when the container is over. */
  async #printRun(id: string, known: Followed): Promise<boolean> {
    const {engine, printer, reading} = this.#following
    const found = await engine.inspectContainer(id)
    if (found?.startedAt === undefined || found.startedAt === known.lastRun) return this.#judge(found, known)
    const {signal} = this.#closing
    const {timestamps = false} = reading
    const options = known.lastRun === undefined ? reading : {timestamps, since: found.startedAt}
    known.lastRun = found.startedAt
    known.endUntold = true
    try {
      await printer.copy(shortName(found), engine.logs(id, {...options, follow: true, signal}))
    } catch (error) {
      if (!isWithoutLogs(error)) throw error
      await printer.say(shortName(found), noLogs)
    }
    return signal.aborted || this.#judge(await engine.inspectContainer(id), known)
  }

  /** The stream may end a moment before the engine says that the container has: then a later look tells the end. */
  async #judge(container: ActualContainer | undefined, known: Followed): Promise<boolean> {
    known.isThere = container !== undefined
    if (container === undefined) return true
    if (container.startedAt !== known.lastRun) known.again = true
    const over = isOver(container)
    if (known.endUntold && (over || container.status === 'restarting')) {
      known.endUntold = false
      await this.#following.printer.say(
        shortName(container),
        `exited with code ${container.exitCode}${over ? '' : ' (restarting)'}`,
      )
      if (over) this.#following.exited?.(container)
    }
    return over
  }

  #forget(id: string): void {
    clearTimeout(this.#followed.get(id)?.timer)
    this.#followed.delete(id)
    if (this.#followed.size === 0 && !this.#following.stays) this.#end()
  }
}

const isOver = ({status}: ActualContainer): boolean => ['exited', 'dead', 'created', 'removing'].includes(status)
