import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {unpin} from './attach.ts'

export type PinsParts = {
  /** Of the files that hold network namespaces. */
  readonly directory: string
  readonly warn: (doing: string, error: unknown) => void
}

/**
 * Network namespaces on their way out. The kernel takes some ten milliseconds for each unmount, which nobody needs to
 * wait for but who wants the same one again, or the bridge gone. What a killed daemon left is found by `sweep`.
 */
export class Pins {
  readonly #parts: PinsParts
  readonly #going = new Map<string, Promise<void>>()

  constructor(parts: PinsParts) {
    this.#parts = parts
  }

  release(path: string): void {
    const going = unpin(path)
      .catch(error => this.#parts.warn(`remove the network namespace ${path}`, error))
      .finally(() => this.#going.delete(path))
    this.#going.set(path, going)
  }

  async gone(path: string): Promise<void> {
    await this.#going.get(path)
  }

  async settled(): Promise<void> {
    await Promise.all(this.#going.values())
  }

  async sweep(known: Iterable<string>): Promise<void> {
    const paths = new Set(known)
    const found = await readdir(this.#parts.directory).catch(() => [])
    for (const path of found.map(each => join(this.#parts.directory, each))) if (!paths.has(path)) this.release(path)
  }
}
