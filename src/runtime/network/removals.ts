import type {NetworkRecord} from '../../model/network.ts'
import type {Pins} from './pins.ts'
import type {Records} from './records.ts'
import {removeBridges} from './repair.ts'
import type {Ruleset} from './ruleset.ts'

type Parts = {
  readonly records: Records
  readonly ruleset: Ruleset
  readonly pins: Pins
  readonly warn: (doing: string, error: unknown) => void
}

/**
 * Networks on their way out. The kernel takes some 50 ms for a bridge, which nobody needs to wait for but who makes the
 * next network: routes that are still there might be those that it asks for.
 */
export class Removals {
  readonly #parts: Parts
  readonly #running = new Set<Promise<void>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  begin(record: NetworkRecord): void {
    const running = this.#remove(record)
      .catch(error => this.#parts.warn(`remove network "${record.name}"`, error))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  /** The record on disk goes last: a daemon that comes after a killed one knows the bridge, and can be asked again. */
  async #remove(record: NetworkRecord): Promise<void> {
    // Their links go with them, all at once: much less work than one by one.
    await this.#parts.pins.settled()
    // A namespace lives on while the kernel still closes its connections, and its link with it.
    await Promise.all([removeBridges(record), this.#parts.ruleset.apply()])
    await this.#parts.records.remove(record)
  }
}
