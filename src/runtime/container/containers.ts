import type {Readable} from 'node:stream'
import {StackError} from '../../base/error.ts'
import type {ContainerRecord, ContainerState, ExitRecord} from '../../model/container.ts'
import {attach, resize, sendSignal, stop} from '../monitor/control.ts'
import type {
  ArchivedPath,
  ContainerStats,
  Containers,
  ExecSpec,
  LogEntry,
  LogOptions,
  ProcessStream,
  PutArchive,
  TerminalSize,
} from '../runtime.ts'
import {getArchive, statPath} from './archive/archive.ts'
import {putArchive} from './archive/put.ts'
import {rootAtRest} from './archive/rest.ts'
import {type HeldRoot, holdRoot} from './archive/root.ts'
import {pidsIn} from './cgroup/cgroups.ts'
import {freeze} from './cgroup/freezer.ts'
import type {CgroupDirectories} from './cgroup/layout.ts'
import {usageOf} from './cgroup/usage.ts'
import {drain} from './drain.ts'
import {leaveVolumes} from './ending.ts'
import {type Entry, type Live, newEntry, stateOf} from './entry.ts'
import {execStream} from './exec.ts'
import {userOf} from './facts.ts'
import {imageOf} from './image-of.ts'
import {Lifetimes} from './lifetimes.ts'
import {readLog} from './log/read.ts'
import {volumesOf} from './mounts.ts'
import type {Parts} from './parts.ts'
import {removeContainer} from './remove.ts'
import {lessenedHere} from './rlimits.ts'
import {Serial} from './serial.ts'
import {startContainer} from './start.ts'

/** Containers of this host. Starts, ends and removals of one container happen one after the other. */
export class LocalContainers implements Containers {
  readonly #parts: Parts
  readonly #entries = new Map<string, Entry>()
  readonly #serial = new Serial()
  readonly #lifetimes: Lifetimes

  constructor(parts: Parts) {
    this.#parts = parts
    this.#lifetimes = new Lifetimes(parts, this.#serial)
  }

  async load(): Promise<void> {
    for (const record of await this.#parts.store.load()) this.#entries.set(record.id, newEntry(record))
    const entries = [...this.#entries.values()]
    // Until it is known who runs, all do: none may lose its volume by the end of another.
    for (const {record} of entries) for (const name of volumesOf(record)) this.#parts.volumes.hold(name, record.id)
    await Promise.all(entries.map(entry => this.#lifetimes.adopt(entry)))
    for (const {record, live} of entries) if (live === undefined) await leaveVolumes(this.#parts, record)
  }

  list(): readonly ContainerRecord[] {
    return [...this.#entries.values()].map(each => each.record)
  }

  get(id: string): ContainerRecord | undefined {
    return this.#entries.get(id)?.record
  }

  named(name: string): ContainerRecord | undefined {
    for (const {record} of this.#entries.values()) if (record.name === name) return record
    return undefined
  }

  state(id: string): ContainerState {
    return stateOf(this.#entry(id))
  }

  async create(record: ContainerRecord, files: readonly Uint8Array[]): Promise<readonly string[]> {
    if (this.#entries.has(record.id)) throw new StackError('conflict', `container ${record.id} exists already`)
    const lacking = [...lessenedHere(record.host.ulimits), ...this.#parts.cgroups.unhonoured(record)]
    await this.#parts.store.create(record, imageOf(this.#parts.images, record), files)
    this.#entries.set(record.id, newEntry(record))
    return lacking
  }

  start(id: string, {hold = false, env = []}: {hold?: boolean; env?: readonly string[]} = {}): Promise<void> {
    return this.#serial.run(id, async () => {
      const entry = this.#entry(id)
      if (entry.live !== undefined)
        throw new StackError('not-modified', `container "${entry.record.name}" runs already`)
      try {
        await startContainer(this.#parts, entry.record, {
          hold,
          env,
          find: other => this.get(other),
          pidOf: other => this.#entries.get(other)?.live?.pid,
        })
      } catch (error) {
        await this.#lifetimes.failed(entry, error)
        throw error
      }
      entry.exit = undefined
      entry.failure = undefined
      await this.#lifetimes.follow(entry)
    })
  }

  async release(id: string): Promise<void> {
    await this.#lifetimes.release(this.#running(id))
  }

  async stop(id: string, {signal, grace}: {signal: number; grace: number}): Promise<void> {
    const entry = this.#entry(id)
    const {live} = entry
    if (live === undefined) throw new StackError('not-modified', `container "${entry.record.name}" does not run`)
    // Before its signal: nobody is sent to one that is about to go.
    await this.#withdraw(entry)
    if (!entry.isPaused) await drain(live.pid, () => this.#parts.networks.hasOthers(id))
    // A frozen process takes no signal, not even SIGKILL where cgroups are of version 1.
    if (entry.isPaused) await this.resume(id)
    await ignoreEnd(stop(this.#control(id), {signal, grace}))
    await live.ended
  }

  async signal(id: string, signal: number): Promise<void> {
    const entry = this.#running(id)
    if (signal === sigkill) await this.#withdraw(entry)
    await sendSignal(this.#control(id), signal)
    if (entry.isPaused && signal === sigkill) await this.resume(id)
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
        const others = () => this.list().filter(each => each.id !== id)
        await removeContainer(this.#parts, entry.record, {withVolumes: volumes, others})
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
    const entry = this.#entry(id)
    const {startedAt} = stateOf(entry)
    const source = {
      path: this.#parts.paths.container(id).log,
      maxFiles: entry.record.host.log.maxFiles,
      ended: entry.live?.ended ?? Promise.resolve(),
      nextStart: () => {
        const now = stateOf(entry).startedAt
        return now > startedAt ? now : undefined
      },
    }
    return readLog(source, options)
  }

  async stats(id: string): Promise<ContainerStats> {
    const {record, live} = this.#entry(id)
    return usageOf(live && this.#parts.cgroups.directoriesOf(record), live?.pid ?? 0)
  }

  async putArchive(
    id: string,
    stream: AsyncIterable<Uint8Array>,
    {asUser, ...options}: Omit<PutArchive, 'owner'> & {readonly asUser: boolean},
  ): Promise<void> {
    const {record} = this.#entry(id)
    const {paths, images} = this.#parts
    const owner = asUser ? {owner: userOf(paths, record, imageOf(images, record), record.config.user)} : {}
    await this.#withRoot(id, root => putArchive(root, stream, {...options, ...owner}))
  }

  getArchive(id: string, path: string): Promise<{facts: ArchivedPath; archive: Readable}> {
    return new Promise((resolve, reject) => {
      this.#withRoot(id, root => getArchive(root, path, resolve)).catch(reject)
    })
  }

  statPath(id: string, path: string): Promise<ArchivedPath> {
    return this.#withRoot(id, root => statPath(root, path))
  }

  async processes(id: string): Promise<readonly number[]> {
    const [directory] = this.#cgroup(this.#running(id)).all
    return directory === undefined ? [] : pidsIn(directory)
  }

  onExit(listener: (id: string, exit: ExitRecord) => void): void {
    this.#lifetimes.listeners.push(listener)
  }

  async close(): Promise<void> {
    this.#lifetimes.close()
    for (const {live} of this.#entries.values()) live?.leave()
    await this.#parts.store.settle()
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

  /** While a container rests it is not started: its root is mounted once at a time. */
  async #withRoot<T>(id: string, action: (root: HeldRoot) => Promise<T>): Promise<T> {
    const entry = this.#entry(id)
    const root = await liveRoot(entry)
    if (root !== undefined) return await using(root, action)
    return this.#serial.run(id, async () => {
      // It may have been starting until now.
      const started = await liveRoot(entry)
      if (started !== undefined) return await using(started, action)
      if (entry.live !== undefined) throw new StackError('conflict', `container "${entry.record.name}" is ending`)
      return await using(await rootAtRest(this.#parts, entry.record), action)
    })
  }

  async #withdraw({record}: Entry): Promise<void> {
    await this.#parts.networks
      .withdraw(record.id)
      .catch(error => this.#parts.warn(`lead connections to others than "${record.name}"`, error))
  }

  #control = (id: string): string => this.#parts.paths.container(id).control

  #cgroup({record}: Entry): CgroupDirectories {
    const directories = this.#parts.cgroups.directoriesOf(record)
    if (directories === undefined) throw new StackError('unsupported', 'this host has no cgroups')
    return directories
  }
}

const liveRoot = async (entry: Entry): Promise<HeldRoot | undefined> => {
  const {live} = entry
  return live && holdRoot(live.pid, () => entry.live === live)
}

async function using<T>(root: HeldRoot, action: (root: HeldRoot) => Promise<T>): Promise<T> {
  await using held = root
  return await action(held)
}

const sigkill = 9

/** A monitor that is gone has nothing left to stop: its end is told otherwise. */
async function ignoreEnd(action: Promise<unknown>): Promise<void> {
  await action.catch(error => {
    if (!(error instanceof StackError)) throw error
  })
}
