import {rm} from 'node:fs/promises'
import {readJson, writeWhole} from '../../base/file.ts'
import type {Paths} from '../paths.ts'

/** A service on one of its networks: `networks/<id>.services` has those of a network. Kept over restart and reboot. */
export type ServiceRecord = {
  readonly network: string
  readonly project: string
  readonly service: string
  /** What it is called there: its name and aliases, in small letters. */
  readonly names: readonly string[]
  readonly address: string
  readonly address6?: string
}

/** All services with an address, on disk and by address and name. */
export class ServiceRecords {
  readonly #paths: Paths
  readonly #byAddress = new Map<string, ServiceRecord>()
  readonly #byNetwork = new Map<string, Map<string, ServiceRecord>>()
  readonly #saving = new Map<string, Promise<void>>()

  constructor(paths: Paths) {
    this.#paths = paths
  }

  async load(networks: readonly string[]): Promise<void> {
    for (const network of networks) {
      const found = await readJson<ServiceRecord[]>(this.#paths.networkServices(network))
      for (const each of found ?? []) this.hold(each)
    }
  }

  all(): readonly ServiceRecord[] {
    return [...this.#byNetwork.keys()].flatMap(network => this.on(network))
  }

  on(network: string): readonly ServiceRecord[] {
    return [...(this.#byNetwork.get(network)?.values() ?? [])]
  }

  find(network: string, project: string, service: string): ServiceRecord | undefined {
    return this.#byNetwork.get(network)?.get(key(project, service))
  }

  /** By its IPv4 or IPv6 address. */
  at(address: string): ServiceRecord | undefined {
    return this.#byAddress.get(address)
  }

  named(network: string, name: string): readonly ServiceRecord[] {
    const wanted = name.toLowerCase()
    return this.on(network).filter(each => each.names.includes(wanted))
  }

  /** In memory only: the address is taken from now on. */
  hold(record: ServiceRecord): void {
    this.drop(record)
    const services = this.#byNetwork.get(record.network) ?? new Map<string, ServiceRecord>()
    this.#byNetwork.set(record.network, services.set(key(record.project, record.service), record))
    for (const address of addressesOf(record)) this.#byAddress.set(address, record)
  }

  drop({network, project, service}: ServiceRecord): void {
    const found = this.find(network, project, service)
    if (found === undefined) return
    for (const address of addressesOf(found)) this.#byAddress.delete(address)
    const services = this.#byNetwork.get(network)
    services?.delete(key(project, service))
    if (services?.size === 0) this.#byNetwork.delete(network)
  }

  /** Writes those of a network. Calls in a burst share one write. */
  save(network: string): Promise<void> {
    const waiting = this.#saving.get(network) ?? Promise.resolve().then(() => this.#write(network))
    this.#saving.set(network, waiting)
    return waiting
  }

  async #write(network: string): Promise<void> {
    await this.#writing.get(network)?.catch(() => undefined)
    this.#saving.delete(network)
    const path = this.#paths.networkServices(network)
    const all = this.on(network)
    const writing = all.length === 0 ? rm(path, {force: true}) : writeWhole(path, JSON.stringify(all))
    this.#writing.set(network, writing)
    await writing
  }

  readonly #writing = new Map<string, Promise<void>>()
}

export const addressesOf = ({address, address6}: ServiceRecord): readonly string[] =>
  address6 === undefined ? [address] : [address, address6]

const key = (project: string, service: string): string => `${project} ${service}`
