import {StackError} from '../base/error.ts'
import type {ActualContainer, Engine, EngineEvent, LogOptions} from '../engine/engine.ts'
import type {LogPrinter} from '../ui/logs.ts'
import {isWithoutLogs, noLogs} from './no-logs.ts'
import {shortName} from './selection.ts'

export type End = Pick<ActualContainer, 'name' | 'service' | 'number'> & {readonly exitCode?: number}

export type Printing = {
  readonly engine: Engine
  readonly printer: Pick<LogPrinter, 'copy' | 'say'>
  /** For the run that is under way at the beginning; later ones are read from their start. */
  readonly reading: LogOptions
  /** Whether none was under way then. */
  readonly isNew: boolean
  /** Events are known from then on, in milliseconds since the epoch. */
  readonly from: number
  readonly exited?: (end: End) => void
  readonly signal: AbortSignal
}

/** What is to be done about a container after a look at it: a new one at once, when something happens, or none. */
export type Outlook = 'again' | 'later' | 'over' | 'gone'

/** How long an event may take to come, in milliseconds. */
export const patience = 1000

/** The runs of one container, each printed once, with its end behind it. */
export class Followed {
  readonly #id: string
  readonly #printing: Printing
  /** Of ends, oldest first; those of runs before the one that was printed last are gone. */
  readonly #deaths: EngineEvent[] = []
  /** The run that was printed last, by its start in milliseconds since the epoch. */
  #run: number | undefined
  #restarts = 0
  #endUntold = false
  /** When the last event was. */
  #latest = 0
  #waitsSince: number | undefined

  constructor(id: string, printing: Printing) {
    this.#id = id
    this.#printing = printing
  }

  /** Of its starts, ends and its removal, in their order. */
  happened(event: EngineEvent): void {
    this.#latest = event.action === 'destroy' ? Number.POSITIVE_INFINITY : event.at
    if (event.action === 'die') this.#deaths.push(event)
  }

  /** Prints what is new: lasts as long as a run that is under way. */
  async look(): Promise<Outlook> {
    const found = await this.#printing.engine.inspectContainer(this.#id)
    if (found === undefined) return (await this.#tellPast(undefined)) ? 'gone' : 'later'
    const {startedAt, status} = found
    if (startedAt !== undefined && startedAt !== this.#run) {
      if (!(await this.#tellPast(found))) return 'later'
      await this.#printRun(found, startedAt)
      return 'again'
    }
    const over = isOver(found)
    if (this.#endUntold && (over || status === 'restarting')) await this.#tellEnd(found, !over)
    return over ? 'over' : 'later'
  }

  async #printRun(found: ActualContainer, startedAt: number): Promise<void> {
    const {reading, isNew} = this.#printing
    const options = this.#run === undefined && !isNew ? reading : this.#since(startedAt)
    this.#run = startedAt
    this.#restarts = found.restarts
    this.#endUntold = true
    await this.#copy(shortName(found), {...options, follow: true})
  }

  /**
   * Tells the ends of all runs before the one that is found, and prints those that came and went between two looks.
   * False: the events of these may have yet to come.
   */
  async #tellPast(found: ActualContainer | undefined): Promise<boolean> {
    const before = found?.startedAt ?? Number.POSITIVE_INFINITY
    if (this.#mustWait(found, before)) return false
    const past = this.#deaths.filter(({at}) => at < before)
    this.#deaths.splice(0, past.length)
    const restarting = (found?.restarts ?? 0) > this.#restarts
    const {reading, isNew, from} = this.#printing
    const last = this.#run === undefined ? undefined : past.shift()
    if (last !== undefined && this.#endUntold) await this.#tellEnd(last, restarting)
    this.#endUntold = false
    let options = last !== undefined ? this.#since(last.at + 1) : isNew ? this.#since(from) : reading
    for (const death of past) {
      if (found !== undefined) await this.#copy(shortName(found), {...options, until: death.at + 1})
      options = this.#since(death.at + 1)
      this.#run = death.at
      await this.#tellEnd(death, restarting)
    }
    return true
  }

  /** An event of the run that is found, or of the removal, comes behind all of those before. */
  #mustWait(found: ActualContainer | undefined, before: number): boolean {
    const needsNone = !this.#endUntold && (found === undefined || before < this.#printing.from)
    const isTold = needsNone || this.#latest >= before
    this.#waitsSince = isTold ? undefined : (this.#waitsSince ?? Date.now())
    const isOverdue = this.#waitsSince !== undefined && Date.now() - this.#waitsSince >= patience
    if (isOverdue) this.#waitsSince = undefined
    return !isTold && !isOverdue
  }

  #since(since: number): LogOptions {
    return {timestamps: this.#printing.reading.timestamps ?? false, since}
  }

  async #tellEnd(end: End, restarting: boolean): Promise<void> {
    this.#endUntold = false
    const {printer, exited} = this.#printing
    await printer.say(shortName(end), `exited with code ${end.exitCode ?? 0}${restarting ? ' (restarting)' : ''}`)
    if (!restarting) exited?.(end)
  }

  async #copy(name: string, options: LogOptions): Promise<void> {
    const {engine, printer, signal} = this.#printing
    try {
      await printer.copy(name, engine.logs(this.#id, {...options, signal}))
    } catch (error) {
      if (isWithoutLogs(error)) await printer.say(name, noLogs)
      else if (!isGone(error)) throw error
    }
  }
}

const isOver = ({status}: ActualContainer): boolean => ['exited', 'dead', 'created', 'removing'].includes(status)

const isGone = (error: unknown): boolean => error instanceof StackError && error.code === 'not-found'
