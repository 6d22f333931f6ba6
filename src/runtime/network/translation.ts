import {mkdirSync} from 'node:fs'
import {errnoOf} from '../../base/error.ts'
import {native, type ServicesPlace, type ServiceTargets} from '../../native/binding.ts'
import {Serial} from '../container/serial.ts'

export type TranslationParts = {
  /** Directory of a cgroup of version 2 that all containers are in; made where it is missing. Undefined without such a tree. */
  readonly cgroup: string | undefined
  /** Eight letters or digits. */
  readonly owner: string
  readonly warn: (doing: string, error: unknown) => void
}

/**
 * The kernel's side of services' addresses: programs that are attached when first asked for, and what they know. Where
 * the kernel has no such thing everything here does nothing.
 */
export class Translation {
  readonly #parts: TranslationParts
  readonly #serial = new Serial()
  readonly #waiting = new Map<string, Promise<void>>()
  #attached: Promise<boolean> | undefined
  /** Told when what the kernel knew is gone, since somebody removed the cgroup. */
  onLoss: () => Promise<void> = async () => undefined

  constructor(parts: TranslationParts) {
    this.#parts = parts
  }

  /** Whether addresses can be had; warns once where not. */
  isReady(): Promise<boolean> {
    this.#attached ??= this.#serial.run('attach', () => this.#attach())
    return this.#attached
  }

  async #attach(): Promise<boolean> {
    try {
      const place = this.#place()
      if (place === undefined) throw new Error('there is no cgroup tree of version 2')
      mkdirSync(place.cgroup, {recursive: true})
      await native().attachServices(place)
      return true
    } catch (error) {
      this.#parts.warn(
        'give services addresses of their own: their names lead to their replicas in turn instead',
        error,
      )
      return false
    }
  }

  /** `replicas` is asked when it is its turn, so the last call wins; those that wait for the same turn share it. */
  put(address: string, replicas: () => readonly string[]): Promise<void> {
    const before = this.#waiting.get(address)
    if (before !== undefined) return before
    const putting = this.#change(address, place => {
      this.#waiting.delete(address)
      return native().putService({...place, address, replicas: [...replicas()]})
    }).finally(() => this.#waiting.get(address) === putting && this.#waiting.delete(address))
    this.#waiting.set(address, putting)
    return putting
  }

  remove(address: string): Promise<void> {
    return this.#change(address, place => native().removeService({...place, address}))
  }

  async #change(address: string, action: (place: ServicesPlace) => Promise<void>): Promise<void> {
    const place = this.#place()
    if (place === undefined || !(await this.isReady())) return
    const attached = this.#attached
    const isLost = await this.#serial.run(address, () => action(place).then(() => false, lost))
    if (!isLost) return
    if (this.#attached === attached) this.#attached = undefined
    await this.onLoss()
  }

  /** What the kernel knows. */
  async list(): Promise<readonly ServiceTargets[]> {
    const place = this.#place()
    return place !== undefined && (await this.isReady()) ? native().listServices(place) : []
  }

  /** Leaves nothing in the kernel. */
  async end(): Promise<void> {
    await this.#attached
    this.#attached = undefined
    const place = this.#place()
    if (place === undefined) return
    await native()
      .detachServices(place)
      .catch(error => {
        if (errnoOf(error) !== 'EPERM') this.#parts.warn('take the programs of services’ addresses away', error)
      })
  }

  #place(): ServicesPlace | undefined {
    const {cgroup, owner} = this.#parts
    return cgroup === undefined ? undefined : {cgroup, owner}
  }
}

function lost(error: unknown): true {
  if (errnoOf(error) === 'ENOENT') return true
  throw error
}
