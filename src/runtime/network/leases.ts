import {rmSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {readJson, writeWhole} from '../../base/file.ts'
import type {Endpoint} from '../../model/network.ts'
import type {Paths} from '../paths.ts'
import type {NetworkNames, PublishedPort} from '../runtime.ts'

/** What one container has of the network: `containers/<id>/network.json`. Kept over restart and reboot. */
export type Lease = {
  readonly container: string
  readonly name: string
  /** '' where Compose did not make it. */
  readonly project: string
  readonly service: string
  /** DNS servers that it asked for. */
  readonly dns: readonly string[]
  /** Search domains; undefined: the host's. */
  readonly search?: readonly string[]
  /** Other containers' names by what only this one calls them, in lower case. */
  readonly links?: Readonly<Record<string, readonly string[]>>
  readonly endpoints: readonly Endpoint[]
  /** The host's ports that it has, or had the last time: those are given to it again. */
  readonly ports: readonly PublishedPort[]
  readonly publishing: boolean
  /** Its connections to services' addresses are led to replicas: it may be told of them. */
  readonly seesServices?: boolean
}

/** All leases, on disk and by container, address and name. */
export class Leases {
  readonly #paths: Paths
  readonly #byContainer = new Map<string, Lease>()
  readonly #byAddress = new Map<string, Endpoint>()
  readonly #byName = new Map<string, Set<Endpoint>>()
  readonly #onNetwork = new Map<string, number>()
  readonly #onBridge = new Map<string, number>()
  readonly #lastOn = new Map<string, string>()

  constructor(paths: Paths) {
    this.#paths = paths
  }

  async load(): Promise<void> {
    const ids = await readdir(this.#paths.containers).catch(() => [])
    for (const id of ids) {
      const lease = await readJson<Lease>(this.#paths.container(id).network)
      if (lease !== undefined) this.hold(lease)
    }
  }

  all(): Iterable<Lease> {
    return this.#byContainer.values()
  }

  get(container: string): Lease | undefined {
    return this.#byContainer.get(container)
  }

  /** What a DNS server must know. */
  names(): Pick<NetworkNames, 'at' | 'find' | 'of'> {
    return {
      at: address => this.#byAddress.get(address),
      find: (network, name) => this.named(network, name),
      of: container => this.#byContainer.get(container),
    }
  }

  endpointAt(address: string): Endpoint | undefined {
    return this.#byAddress.get(address)
  }

  named(network: string, name: string): readonly Endpoint[] {
    return [...(this.#byName.get(key(network, name)) ?? [])]
  }

  countOn(network: string): number {
    return this.#onNetwork.get(network) ?? 0
  }

  countOnBridge(network: string, bridge: number): number {
    return this.#onBridge.get(key(network, String(bridge))) ?? 0
  }

  #count({network, bridge = 0}: Endpoint, change: 1 | -1): void {
    this.#onNetwork.set(network, this.countOn(network) + change)
    this.#onBridge.set(key(network, String(bridge)), this.countOnBridge(network, bridge) + change)
  }

  /** The address that was given last on a network. */
  lastOn(network: string): string | undefined {
    return this.#lastOn.get(network)
  }

  /** In memory only: taken for everybody else from now on. */
  hold(lease: Lease): void {
    const before = this.#byContainer.get(lease.container)?.endpoints.map(each => each.address)
    this.drop(lease.container)
    this.#byContainer.set(lease.container, lease)
    for (const endpoint of lease.endpoints) {
      this.#byAddress.set(endpoint.address, endpoint)
      if (!before?.includes(endpoint.address)) this.#lastOn.set(endpoint.network, endpoint.address)
      if (endpoint.address6 !== undefined) this.#byAddress.set(endpoint.address6, endpoint)
      this.#count(endpoint, 1)
      for (const name of endpoint.names) this.#call(key(endpoint.network, name), endpoint)
    }
  }

  #call(name: string, endpoint: Endpoint): void {
    const known = this.#byName.get(name)
    if (known) known.add(endpoint)
    else this.#byName.set(name, new Set([endpoint]))
  }

  drop(container: string): void {
    const lease = this.#byContainer.get(container)
    if (lease === undefined) return
    this.#byContainer.delete(container)
    for (const endpoint of lease.endpoints) {
      this.#byAddress.delete(endpoint.address)
      if (endpoint.address6 !== undefined) this.#byAddress.delete(endpoint.address6)
      this.#count(endpoint, -1)
      for (const name of endpoint.names) this.#uncall(key(endpoint.network, name), endpoint)
    }
  }

  #uncall(name: string, endpoint: Endpoint): void {
    const known = this.#byName.get(name)
    known?.delete(endpoint)
    if (known?.size === 0) this.#byName.delete(name)
  }

  async save(lease: Lease): Promise<void> {
    this.hold(lease)
    await writeWhole(this.#paths.container(lease.container).network, JSON.stringify(lease))
  }

  async free(container: string): Promise<void> {
    this.drop(container)
    rmSync(this.#paths.container(container).network, {force: true})
  }
}

const key = (network: string, name: string): string => `${network} ${name.toLowerCase()}`
