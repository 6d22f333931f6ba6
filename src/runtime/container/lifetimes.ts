import {deferred} from '../../base/deferred.ts'
import {describe, StackError} from '../../base/error.ts'
import type {ExitRecord} from '../../model/container.ts'
import {go} from '../monitor/control.ts'
import {type Watch, watch} from '../monitor/watch.ts'
import {isFrozenNow} from './cgroup/freezer.ts'
import {clearAfterEnd, disconnect, recordedEnd, unseenEnd} from './ending.ts'
import {type Entry, type Live, type StartFailure, stateOf} from './entry.ts'
import type {Parts} from './parts.ts'
import type {Serial} from './serial.ts'
import {startExitCode} from './start.ts'

/** From the moment a program runs, or is found running, to its end and what is done then. */
export class Lifetimes {
  readonly listeners: Array<(id: string, exit: ExitRecord) => void> = []
  readonly #parts: Parts
  readonly #serial: Serial
  #isClosed = false

  constructor(parts: Parts, serial: Serial) {
    this.#parts = parts
    this.#serial = serial
  }

  /** What a container was left as: one that runs is followed, one that ended unseen is told of. */
  async adopt(entry: Entry): Promise<void> {
    const {record} = entry
    const {exit, failure, hasRun, wasTold} = await this.#parts.store.readEnd(record.id)
    entry.exit = exit
    entry.failure = failure
    if (!hasRun || wasTold) return
    await this.follow(entry)
    const cgroup = this.#parts.cgroups.directoriesOf(record)
    entry.isPaused = entry.live !== undefined && cgroup !== undefined && isFrozenNow(cgroup)
    // Whoever wanted to see its first output is gone.
    if (entry.live?.isHeld) {
      await this.release(entry as Entry & {live: Live}).catch(error =>
        this.#parts.warn(`release "${record.name}"`, error),
      )
    }
  }

  /** Keeps a connection to the monitor, which says when the program has ended. */
  async follow(entry: Entry): Promise<void> {
    const {id} = entry.record
    const watching = await watchOf(this.#control(entry))
    if (watching?.status.kind !== 'alive') {
      await this.#finish(entry, watching?.status.exit)
      return
    }
    const {pid, startedAt, isHeld} = watching.status
    await this.serve(entry)
    const ended = deferred<ExitRecord>()
    entry.live = {pid, startedAt, ended: ended.promise, isHeld, leave: () => watching.leave(), released: undefined}
    watching.ended.then(async said => {
      if (this.#isClosed) return
      try {
        ended.resolve(await this.#serial.run(id, () => this.#finish(entry, said)))
      } catch (error) {
        // A full disk, say: it has ended all the same, and who waits for that must hear it.
        this.#parts.warn(`record the end of "${entry.record.name}"`, error)
        entry.live = undefined
        ended.resolve(said ?? unseenEnd(startedAt))
      }
    })
  }

  /** What does not lead to a container that runs is no reason to end it. */
  async serve({record}: Entry): Promise<void> {
    await this.#parts.networks
      .serve(record)
      .catch(error => this.#parts.warn(`lead connections to "${record.name}"`, error))
  }

  async #finish(entry: Entry, said: ExitRecord | undefined): Promise<ExitRecord> {
    const {record} = entry
    const notStarted = await entry.live?.released
    const {exit, failure} = await recordedEnd(this.#parts, record.id, said)
    await clearAfterEnd(this.#parts, record)
    entry.live = undefined
    entry.isPaused = false
    if (notStarted !== undefined) {
      await disconnect(this.#parts, record)
      await this.#keep(entry, notStarted)
      return exit
    }
    entry.exit = exit
    entry.failure = failure
    for (const listener of this.listeners) listener(record.id, exit)
    this.#parts.store.markTold(record.id)
    return exit
  }

  /** Keeps why a start failed. */
  async failed(entry: Entry, error: unknown): Promise<void> {
    await this.#keep(entry, failureOf(entry, error))
  }

  /** Ends a hold. Its failure is the end of a program that never was: whoever sees that first waits for the reason. */
  async release(entry: Entry & {live: Live}): Promise<void> {
    const going = go(this.#control(entry))
    entry.live.released = going.then(
      () => undefined,
      error => failureOf(entry, error),
    )
    try {
      await going
    } catch (error) {
      await entry.live.ended
      throw error
    }
  }

  /** Stops watching; what runs goes on. */
  close(): void {
    this.#isClosed = true
  }

  async #keep(entry: Entry, failure: StartFailure): Promise<void> {
    entry.failure = failure
    await this.#parts.store.recordFailure(entry.record.id, failure)
  }

  #control = ({record}: Entry): string => this.#parts.paths.container(record.id).control
}

/** What is to be kept of a failed start; when it ran before stays known. */
function failureOf(entry: Entry, error: unknown): StartFailure {
  const {startedAt, finishedAt} = stateOf({...entry, live: undefined})
  return {message: describe(error), exitCode: startExitCode(error), startedAt, finishedAt}
}

/** Undefined where no monitor answers. */
async function watchOf(control: string): Promise<Watch | undefined> {
  try {
    return await watch(control)
  } catch (error) {
    if (error instanceof StackError) return undefined
    throw error
  }
}
