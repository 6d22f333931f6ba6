import {closeSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {setImmediate} from 'node:timers/promises'
import {errnoOf} from '../../base/error.ts'
import {native, type VethOptions} from '../../native/binding.ts'
import {asNetworkError} from './bridge.ts'
import {hasOldPins, takeOverPins} from './old-pins.ts'
import {isNamespace} from './pinned.ts'

export type PinsParts = {
  /** What files in the namespace of mounts are reached by, while this process runs. */
  readonly directory: string
  /** Holds that namespace. */
  readonly file: string
  readonly warn: (doing: string, error: unknown) => void
}

/**
 * Network namespaces, held by files in a mount namespace of their own, which is made with the first of them: a container
 * copies all mounts of the host when it starts, which a thousand others should not be among. Paths are as seen from here.
 */
export class Pins {
  readonly #parts: PinsParts
  #leaving = new Set<string>()
  #going = new Set<string>()
  #clearing: Promise<void> | undefined
  #descriptor: Promise<number> | undefined

  constructor(parts: PinsParts) {
    this.#parts = parts
  }

  /** Takes over those of a daemon before, but for what it did not get to remove. */
  async adopt(known: Iterable<string>): Promise<void> {
    if (!existsSync(this.#parts.file) && !hasOldPins(this.#parts.directory)) return
    await this.#open()
    const paths = new Set(known)
    for (const name of this.#names()) {
      const path = join(this.#parts.directory, name)
      if (!paths.has(path)) this.release(path)
    }
  }

  has(path: string): boolean {
    return isNamespace(path)
  }

  /** True with all of its links; false where the namespace is there, and something is in the way of a link. */
  async make(path: string, links: readonly VethOptions[] = []): Promise<boolean> {
    await this.#open()
    try {
      return await this.#make(path, links)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw asNetworkError(error)
      // A file that no namespace is pinned to: its maker was killed in between.
      await this.remove(path)
      return await this.#make(path, links).catch(again => Promise.reject(asNetworkError(again)))
    }
  }

  async #make(path: string, links: readonly VethOptions[]): Promise<boolean> {
    try {
      await native().createNetns({...this.#inside(path), links})
      return true
    } catch (error) {
      if (this.has(path)) return false
      throw error
    }
  }

  /** Gone already is a success. The kernel removes the links with it, a moment later. */
  async remove(path: string): Promise<void> {
    await this.#delete([path])
  }

  /**
   * The kernel takes some ten milliseconds, which nobody needs to wait for but who wants the same one, or the bridge gone;
   * and no longer for many, so they go together.
   */
  release(path: string): void {
    this.#leaving.add(path)
    this.#clearing ??= this.#clear().finally(() => {
      this.#clearing = undefined
    })
  }

  async #clear(): Promise<void> {
    while (this.#leaving.size > 0) {
      // What is released meanwhile goes with the next.
      await setImmediate()
      this.#going = this.#leaving
      this.#leaving = new Set()
      await this.#delete([...this.#going]).catch(error => this.#parts.warn('let go of network namespaces', error))
      this.#going = new Set()
    }
  }

  async gone(path: string): Promise<void> {
    while (this.#leaving.has(path) || this.#going.has(path)) await this.#clearing
  }

  async settled(): Promise<void> {
    await this.#clearing
  }

  /** Leaves nothing but what is still held, for the next daemon. */
  async close(): Promise<void> {
    await this.settled()
    if (this.#descriptor === undefined) return
    const isEmpty = this.#names().length === 0
    closeSync(await this.#descriptor)
    this.#descriptor = undefined
    rmSync(this.#parts.directory, {force: true})
    if (isEmpty) await native().closePins({file: this.#parts.file})
  }

  #open(): Promise<number> {
    this.#descriptor ??= this.#enter().catch(error => {
      this.#descriptor = undefined
      throw asNetworkError(error)
    })
    return this.#descriptor
  }

  async #enter(): Promise<number> {
    const {directory, file} = this.#parts
    mkdirSync(dirname(directory), {recursive: true, mode: 0o711})
    const descriptor = await native().openPins({file})
    try {
      const root = `/proc/${process.pid}/fd/${descriptor}`
      if (hasOldPins(directory)) await takeOverPins(directory, {root, pins: file})
      rmSync(directory, {force: true})
      symlinkSync(root, directory)
      return descriptor
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }

  async #delete(paths: readonly string[]): Promise<void> {
    if (this.#descriptor === undefined) return
    const inside = paths.map(each => join('/', basename(each)))
    await native()
      .deleteNetns({paths: inside, pins: this.#parts.file})
      .catch(error => Promise.reject(asNetworkError(error)))
  }

  #inside(path: string): {path: string; pins: string} {
    return {path: join('/', basename(path)), pins: this.#parts.file}
  }

  #names(): readonly string[] {
    return readdirSync(this.#parts.directory)
  }
}
