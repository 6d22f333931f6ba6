import {type Dirent, type FSWatcher, lstatSync, type Stats, statSync, watch} from 'node:fs'
import {readdir, stat} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path/posix'
import {errnoOf} from '../base/error.ts'
import {isBelow} from './rules.ts'

export type Watched = {
  readonly roots: readonly string[]
  readonly isClosed: (path: string) => boolean
  /** A path that is other than before, or may be. */
  readonly changed: (path: string) => void
  readonly stirred: () => void
  readonly failed: (error: unknown) => void
}

type Directory = {readonly watcher: FSWatcher; readonly inode: number; readonly names: Set<string>}

/** The kernel keeps 16384 events for a reader and drops the others: after so many at once all is looked at again. */
const suspicious = 8192

/**
 * Directories, each with one inotify watch, from the nearest that is there above each root. A directory is watched before
 * it is read, and read again when it may be another one, so whatever is in it is known, however fast it came.
 */
export class Tree {
  readonly #watched: Watched
  readonly #directories = new Map<string, Directory>()
  readonly #dirty = new Set<string>()
  /** Those whose watch has ended, or may have. */
  readonly #lost = new Set<string>()
  #work: Promise<void> | undefined
  #burst = 0
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
    const path = join(directory, name)
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

  #begin(): void {
    this.#work ??= this.#settle()
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
    if (this.#burst >= suspicious) {
      for (const path of this.#directories.keys()) {
        this.#lost.add(path)
        this.#look(path)
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
      while (!kindOf(top, true)?.isDirectory() && top !== '/') top = dirname(top)
      await this.#enter(top)
    }
  }

  async #visit(path: string): Promise<void> {
    // What happens after this look is an event of its own.
    this.#dirty.delete(path)
    const found = kindOf(path, this.#isAboveRoot(path))
    const known = this.#directories.get(path)
    if (known !== undefined && (this.#lost.has(path) || !found?.isDirectory() || found.ino !== known.inode)) {
      this.#forget(path)
    }
    this.#lost.delete(path)
    const names = this.#directories.get(dirname(path))?.names
    const wasThere = names?.has(basename(path)) || known !== undefined
    if (found === undefined) names?.delete(basename(path))
    else names?.add(basename(path))
    if (found !== undefined || wasThere) this.#watched.changed(path)
    if (found?.isDirectory() && !this.#watched.isClosed(path)) await this.#enter(path)
  }

  async #enter(path: string): Promise<void> {
    if (this.#isClosed || this.#directories.has(path)) return
    try {
      const watcher = watch(path, (type, name) => this.#happened(path, type, name))
      watcher.on('error', this.#watched.failed)
      const names = new Set<string>()
      const directory = {watcher, names, inode: 0}
      this.#directories.set(path, directory)
      this.#directories.set(path, {...directory, inode: (await stat(path)).ino})
      const entries = await readdir(path, {withFileTypes: true})
      await Promise.all(entries.map(entry => this.#add(path, entry, names)))
    } catch (error) {
      this.#fail(path, error)
    }
  }

  async #add(directory: string, entry: Dirent, names: Set<string>): Promise<void> {
    const path = join(directory, entry.name)
    if (this.#watched.isClosed(path)) return
    names.add(entry.name)
    this.#watched.changed(path)
    const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && this.#isAboveRoot(path))
    if (isDirectory) await this.#enter(path)
  }

  /** One that has gone meanwhile is told of by what is above it. */
  #fail(path: string, error: unknown): void {
    const known = this.#directories.get(path)
    known?.watcher.close()
    this.#directories.delete(path)
    const errno = errnoOf(error)
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') this.#watched.failed(error)
  }

  #forget(path: string): void {
    const known = this.#directories.get(path)
    if (known === undefined) return
    known.watcher.close()
    this.#directories.delete(path)
    for (const name of known.names) {
      this.#watched.changed(join(path, name))
      this.#forget(join(path, name))
    }
  }

  #isAboveRoot(path: string): boolean {
    return this.#watched.roots.some(root => root !== path && isBelow(path, root))
  }
}

/** Links that lead to a root are followed, others are what they are. Ten times faster than by a promise. */
function kindOf(path: string, follows: boolean): Stats | undefined {
  try {
    return follows ? statSync(path) : lstatSync(path)
  } catch {
    return undefined
  }
}
