import {deferred} from '../../base/deferred.ts'
import {describe, StackError} from '../../base/error.ts'
import type {ContainerRecord, ContainerState, ExitRecord} from '../../model/container.ts'
import {attach, go, resize, sendSignal, stop} from '../monitor/control.ts'
import {type Watch, watch} from '../monitor/watch.ts'
import type {
  ContainerStats,
  Containers,
  ExecSpec,
  LogEntry,
  LogOptions,
  ProcessStream,
  TerminalSize,
} from '../runtime.ts'
import {pidsIn} from './cgroup/cgroups.ts'
import {freeze, isFrozenNow} from './cgroup/freezer.ts'
import type {CgroupDirectories} from './cgroup/layout.ts'
import {usageOf} from './cgroup/usage.ts'
import {clearAfterEnd, disconnect, recordedEnd} from './ending.ts'
import {type Entry, type Live, newEntry, type StartFailure, stateOf} from './entry.ts'
import {execStream} from './exec.ts'
import {imageOf} from './image-of.ts'
import {readLog} from './log/read.ts'
import type {Parts} from './parts.ts'
import {removeContainer} from './remove.ts'
import {Serial} from './serial.ts'
import {startContainer, startExitCode} from './start.ts'

/** Containers of this host. Starts, ends and removals of one container happen one after the other. */
export class LocalContainers implements Containers {
  readonly #parts: Parts
  readonly #entries = new Map<string, Entry>()
  readonly #listeners: Array<(id: string, exit: ExitRecord) => void> = []
  readonly #serial = new Serial()
  #isClosed = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async load(): Promise<void> {
    for (const record of await this.#parts.store.load()) this.#entries.set(record.id, newEntry(record))
    await Promise.all([...this.#entries.values()].map(entry => this.#adopt(entry)))
  }

  list(): readonly ContainerRecord[] {
    return [...this.#entries.values()].map(each => each.record)
  }

  get(id: string): ContainerRecord | undefined {
    return this.#entries.get(id)?.record
  }

  state(id: string): ContainerState {
    return stateOf(this.#entry(id))
  }

  async create(record: ContainerRecord, files: readonly Uint8Array[]): Promise<void> {
    if (this.#entries.has(record.id)) throw new StackError('conflict', `container ${record.id} exists already`)
    await this.#parts.store.create(record, imageOf(this.#parts.images, record), files)
    this.#entries.set(record.id, newEntry(record))
  }

  start(id: string, {hold = false}: {hold?: boolean} = {}): Promise<void> {
    return this.#serial.run(id, async () => {
      const entry = this.#entry(id)
      if (entry.live !== undefined)
        throw new StackError('not-modified', `container "${entry.record.name}" runs already`)
      try {
        await startContainer(this.#parts, entry.record, {hold, find: other => this.get(other)})
      } catch (error) {
        await this.#failed(entry, failureOf(entry, error))
        throw error
      }
      entry.exit = undefined
      entry.failure = undefined
      await this.#follow(entry)
    })
  }

  async release(id: string): Promise<void> {
    const entry = this.#running(id)
    const going = go(this.#control(id))
    // Its failure is the end of a program that never was: whoever sees the end first waits for the reason.
    entry.live.released = going.then(
      () => undefined,
      error => failureOf(entry, error),
    )
    await going.catch(async error => {
      await entry.live.ended
      throw error
    })
  }

  async stop(id: string, {signal, grace}: {signal: number; grace: number}): Promise<void> {
    const entry = this.#entry(id)
    const {live} = entry
    if (live === undefined) throw new StackError('not-modified', `container "${entry.record.name}" does not run`)
    // A frozen process takes no signal, not even SIGKILL where cgroups are of version 1.
    if (entry.isPaused) await this.resume(id)
    await ignoreEnd(stop(this.#control(id), {signal, grace}))
    await live.ended
  }

  async signal(id: string, signal: number): Promise<void> {
    const {isPaused} = this.#running(id)
    await sendSignal(this.#control(id), signal)
    if (isPaused && signal === sigkill) await this.resume(id)
  }

  async pause(id: string): Promise<void> {
    const entry = this.#running(id)
    if (entry.isPaused) throw new StackError('conflict', `container "${entry.record.name}" is paused already`)
    await freeze(this.#cgroup(entry), true)
    entry.isPaused = true
  }

  async resume(id: string): Promise<void> {
    const entry = this.#running(id)
    if (!entry.isPaused) throw new StackError('conflict', `container "${entry.record.name}" is not paused`)
    await freeze(this.#cgroup(entry), false)
    entry.isPaused = false
  }

  remove(id: string, {volumes}: {volumes: boolean}): Promise<void> {
    return this.#serial.run(id, async () => {
      const entry = this.#entries.get(id)
      if (entry === undefined) return
      if (entry.live !== undefined) {
        throw new StackError('conflict', `container "${entry.record.name}" is running`, {hint: 'stop it first'})
      }
      entry.isRemoving = true
      try {
        await removeContainer(this.#parts, entry.record, volumes)
        this.#entries.delete(id)
      } finally {
        entry.isRemoving = false
      }
    })
  }

  async rename(id: string, name: string): Promise<void> {
    const entry = this.#entry(id)
    const record = {...entry.record, name}
    await this.#parts.store.write(record)
    entry.record = record
  }

  async resize(id: string, size: TerminalSize): Promise<void> {
    this.#running(id)
    await resize(this.#control(id), size)
  }

  attach(id: string, {stdin}: {stdin: boolean}): Promise<ProcessStream> {
    const {record, live} = this.#running(id)
    return attach(this.#control(id), {stdin, tty: record.config.tty, pid: live.pid})
  }

  exec(id: string, spec: ExecSpec): Promise<ProcessStream> {
    const entry = this.#running(id)
    if (entry.isPaused) {
      throw new StackError('conflict', `container "${entry.record.name}" is paused`, {hint: 'unpause it first'})
    }
    return execStream(this.#parts, entry.record, spec)
  }

  logs(id: string, options: LogOptions): AsyncIterable<LogEntry> {
    const {record, live} = this.#entry(id)
    const ended = live?.ended ?? Promise.resolve()
    return readLog({path: this.#parts.paths.container(id).log, maxFiles: record.host.log.maxFiles, ended}, options)
  }

  async stats(id: string): Promise<ContainerStats> {
    const {record, live} = this.#entry(id)
    return usageOf(live && this.#parts.cgroups.directoriesOf(record), live?.pid ?? 0)
  }

  async processes(id: string): Promise<readonly number[]> {
    const [directory] = this.#cgroup(this.#running(id)).all
    return directory === undefined ? [] : pidsIn(directory)
  }

  onExit(listener: (id: string, exit: ExitRecord) => void): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const {live} of this.#entries.values()) live?.leave()
    await this.#parts.store.settle()
  }

  /** What a container was left as: one that runs is followed, one that ended unseen is told of. */
  async #adopt(entry: Entry): Promise<void> {
    const {record} = entry
    const {exit, failure, hasRun, wasTold} = await this.#parts.store.readEnd(record.id)
    entry.exit = exit
    entry.failure = failure
    if (!hasRun || wasTold) return
    const held = await this.#follow(entry)
    const cgroup = this.#parts.cgroups.directoriesOf(record)
    entry.isPaused = entry.live !== undefined && cgroup !== undefined && isFrozenNow(cgroup)
    // Whoever wanted to see its first output is gone.
    if (held) await this.release(record.id).catch(error => this.#parts.warn(`release "${record.name}"`, error))
  }

  /** Keeps a connection to the monitor, which says when the program has ended. True where the program is held. */
  async #follow(entry: Entry): Promise<boolean> {
    const {id} = entry.record
    const watching = await watchOf(this.#control(id))
    if (watching?.status.kind !== 'alive') {
      await this.#finish(entry, watching?.status.exit)
      return false
    }
    const {pid, startedAt, isHeld} = watching.status
    const ended = deferred<ExitRecord>()
    entry.live = {pid, startedAt, ended: ended.promise, leave: () => watching.leave(), released: undefined}
    watching.ended.then(async said => {
      if (!this.#isClosed) ended.resolve(await this.#serial.run(id, () => this.#finish(entry, said)))
    })
    return isHeld
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
      await this.#failed(entry, notStarted)
      return exit
    }
    entry.exit = exit
    entry.failure = failure
    for (const listener of this.#listeners) listener(record.id, exit)
    await this.#parts.store.markTold(record.id)
    return exit
  }

  async #failed(entry: Entry, failure: StartFailure): Promise<void> {
    entry.failure = failure
    await this.#parts.store.recordFailure(entry.record.id, failure)
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id)
    if (entry === undefined) throw new StackError('not-found', `no such container: ${id}`)
    return entry
  }

  #running(id: string): Entry & {live: Live} {
    const entry = this.#entry(id)
    if (entry.live === undefined) throw new StackError('conflict', `container "${entry.record.name}" is not running`)
    return entry as Entry & {live: Live}
  }

  #control = (id: string): string => this.#parts.paths.container(id).control

  #cgroup({record}: Entry): CgroupDirectories {
    const directories = this.#parts.cgroups.directoriesOf(record)
    if (directories === undefined) throw new StackError('unsupported', 'this host has no cgroups')
    return directories
  }
}

const sigkill = 9

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

/** A monitor that is gone has nothing left to stop: its end is told otherwise. */
async function ignoreEnd(action: Promise<unknown>): Promise<void> {
  await action.catch(error => {
    if (!(error instanceof StackError)) throw error
  })
}
