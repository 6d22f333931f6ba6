import {type FSWatcher, lstatSync, readdirSync, readFileSync, type Stats, statSync, watch} from 'node:fs'
import {basename, dirname} from 'node:path/posix'
import {setImmediate as turn} from 'node:timers/promises'
import {errnoOf} from '../base/error.ts'
import {inside, isBelow} from './rules.ts'

export type Watched = {
  readonly roots: readonly string[]
  readonly isClosed: (path: string) => boolean
  /** A path that is other than before, or may be. */
  readonly changed: (path: string) => void
  readonly stirred: () => void
  readonly failed: (error: unknown) => void
}

/** Names with the marks of what they were when they were looked at last. */
type Directory = {readonly watcher: FSWatcher; readonly inode: number; readonly names: Map<string, string>}

/** Milliseconds of looking without a pause: the kernel's events are read in between. */
const breath = 10

/**
 * Directories, each with one inotify watch, from the nearest that is there above each root. A directory is watched before
 * it is read, and read again when it may be another one, so whatever is in it is known, however fast it came.
 */
export class Tree {
  readonly #watched: Watched
  /** The kernel keeps twice as many events for a reader and drops the others: after so many at once all is looked at again. */
  readonly #suspicious = queueLength() / 2
  readonly #directories = new Map<string, Directory>()
  readonly #dirty = new Set<string>()
  /** Those whose watch has ended, or may have. */
  readonly #lost = new Set<string>()
  #work: Promise<void> | undefined
  #burst = 0
  #breathed = 0
  #isClosed = false

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** Tells of all that is there, and of all that changes from then on. */
  async open(): Promise<void> {
    this.#begin()
    await this.#work
  }

  close(): void {
    this.#isClosed = true
    for (const {watcher} of this.#directories.values()) watcher.close()
    this.#directories.clear()
  }

  #happened(directory: string, type: string, name: string | null): void {
    this.#count()
    // An event of the directory itself has its own name, as one of a file in it may have.
    if (name === null || name === basename(directory)) this.#markLost(directory, type)
    if (name === null) return
    const path = inside(directory, name)
    if (this.#watched.isClosed(path)) return
    this.#watched.stirred()
    const isKnown = this.#directories.get(directory)?.names.has(name) ?? false
    if (type === 'change' && isKnown) this.#watched.changed(path)
    else this.#look(path)
  }

  #markLost(directory: string, type: string): void {
    if (type === 'rename') this.#lost.add(directory)
    this.#look(directory)
  }

  #look(path: string): void {
    this.#dirty.add(path)
    this.#begin()
  }

  /** In the loop's next turn: what comes in one burst is looked at once. */
  #begin(): void {
    this.#work ??= turn()
      .then(() => this.#settle())
      .catch(this.#watched.failed)
      .finally(() => {
        this.#work = undefined
        if (this.#dirty.size > 0 && !this.#isClosed) this.#begin()
      })
  }

  #count(): void {
    if (this.#burst === 0) setImmediate(() => this.#calm())
    this.#burst++
  }

  #calm(): void {
    if (this.#burst >= this.#suspicious) {
      for (const path of this.#directories.keys()) {
        this.#lost.add(path)
        if (!this.#directories.has(dirname(path))) this.#look(path)
      }
    }
    this.#burst = 0
  }

  async #settle(): Promise<void> {
    await this.#enterTops()
    while (this.#dirty.size > 0) {
      const paths = [...this.#dirty].sort()
      for (const path of paths) await this.#visit(path)
      await this.#enterTops()
    }
  }

  /** What is above a root may go and come too. */
  async #enterTops(): Promise<void> {
    for (const root of this.#watched.roots) {
      let top = dirname(root)
      while (!statusOf(top, true)?.isDirectory() && top !== '/') top = dirname(top)
      if (!this.#directories.has(top)) await this.#enter(top)
    }
  }

  async #visit(path: string): Promise<void> {
    // What happens after this look is an event of its own.
    this.#dirty.delete(path)
    const isLost = this.#lost.delete(path)
    const found = statusOf(path, this.#isAboveRoot(path))
    const known = this.#directories.get(path)
    const names = this.#directories.get(dirname(path))?.names
    const wasThere = names?.has(basename(path)) || known !== undefined
    if (found === undefined) names?.delete(basename(path))
    else names?.set(basename(path), markOf(found))
    if (found !== undefined || wasThere) this.#watched.changed(path)
    if (!found?.isDirectory() || this.#watched.isClosed(path)) this.#forget(path)
    else if (isLost || found.ino !== known?.inode) await this.#enter(path)
    await this.#breathe()
  }

  /** Watches and reads a directory with all below; of one that was known, what is not as it was is told. */
  async #enter(path: string): Promise<void> {
    if (this.#isClosed) return
    this.#lost.delete(path)
    const before = this.#directories.get(path)
    before?.watcher.close()
    try {
      const watcher = watch(path, (type, name) => this.#happened(path, type, name))
      watcher.on('error', this.#watched.failed)
      const names = new Map<string, string>()
      const directory = {watcher, names, inode: 0}
      this.#directories.set(path, directory)
      this.#directories.set(path, {...directory, inode: statSync(path).ino})
      for (const name of readdirSync(path)) await this.#add(path, name, {names, before: before?.names.get(name)})
      for (const name of before?.names.keys() ?? []) if (!names.has(name)) this.#lose(inside(path, name))
    } catch (error) {
      this.#fail(path, error, before)
    }
    await this.#breathe()
  }

  async #add(
    directory: string,
    name: string,
    {names, before}: {readonly names: Map<string, string>; readonly before: string | undefined},
  ): Promise<void> {
    const path = inside(directory, name)
    if (this.#watched.isClosed(path)) return
    const found = statusOf(path, this.#isAboveRoot(path))
    if (found === undefined) return
    const mark = markOf(found)
    names.set(name, mark)
    if (mark === unsure || mark !== before) this.#watched.changed(path)
    if (found.isDirectory()) await this.#enter(path)
    else this.#forget(path)
  }

  /** One that has gone meanwhile is told of by what is above it, what was in it here. */
  #fail(path: string, error: unknown, before: Directory | undefined): void {
    this.#directories.get(path)?.watcher.close()
    this.#directories.delete(path)
    if (before !== undefined) this.#directories.set(path, before)
    this.#forget(path)
    const errno = errnoOf(error)
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') this.#watched.failed(error)
  }

  #forget(path: string): void {
    const known = this.#directories.get(path)
    if (known === undefined) return
    known.watcher.close()
    this.#directories.delete(path)
    for (const name of known.names.keys()) this.#lose(inside(path, name))
  }

  #lose(path: string): void {
    this.#watched.changed(path)
    this.#forget(path)
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#breathed < breath) return
    await turn()
    this.#breathed = performance.now()
  }

  #isAboveRoot(path: string): boolean {
    return this.#watched.roots.some(root => root !== path && isBelow(path, root))
  }
}

/** Links that lead to a root are followed, others are what they are. Ten times faster than by a promise. */
function statusOf(path: string, follows: boolean): Stats | undefined {
  try {
    return (follows ? statSync : lstatSync)(path, {throwIfNoEntry: false})
  } catch {
    return undefined
  }
}

const unsure = ''
/** Milliseconds that a file system's clock may stand still. */
const tick = 1000

/** The same only for what is the same; of what has just changed nothing is said, as it may change without a trace. */
function markOf(status: Stats): string {
  if (status.isDirectory()) return `${status.ino} ${status.mode}`
  const isFresh = Math.abs(Date.now() - status.ctimeMs) < tick
  return isFresh ? unsure : `${status.ino} ${status.size} ${status.ctimeMs}`
}

function queueLength(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'latin1'))
  } catch {
    return 16_384
  }
}
