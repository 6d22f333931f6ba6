import {errnoOf, within} from '../../base/error.ts'
import type {ContainerRecord} from '../../model/container.ts'
import type {NetworkRecord} from '../../model/network.ts'
import {native} from '../../native/binding.ts'
import {address6Of, serviceAddress} from './addresses.ts'
import type {Lease, Leases} from './leases.ts'
import {isOneoff, labels, serviceNames} from './names.ts'
import {Replicas} from './replicas.ts'
import {addressesOf, type ServiceRecord, type ServiceRecords} from './service-records.ts'
import type {Translation} from './translation.ts'

export type ServicesParts = {
  readonly records: ServiceRecords
  readonly leases: Leases
  readonly translation: Translation
  readonly network: (nameOrId: string) => NetworkRecord | undefined
}

/** Services' own addresses: chosen, made, and given up. */
export class Services {
  readonly replicas: Replicas
  readonly #parts: ServicesParts

  constructor(parts: ServicesParts) {
    this.#parts = parts
    this.replicas = new Replicas(parts)
    parts.translation.onLoss = async () => {
      for (const each of parts.records.all()) await this.replicas.tell(each)
    }
  }

  /** Makes the kernel's right again where it is gone; what it has of replicas that are known is believed. */
  async load(networks: readonly NetworkRecord[]): Promise<void> {
    const {records, translation, leases} = this.#parts
    await records.load(networks.map(each => each.id))
    if (records.all().length === 0 || !(await translation.isReady())) return
    const known = new Map((await translation.list()).map(each => [each.address, new Set(each.replicas)]))
    for (const {endpoints} of leases.all()) {
      for (const each of endpoints)
        if (each.service && known.get(each.service)?.has(each.address)) this.replicas.add(each)
    }
    for (const address of known.keys()) if (records.at(address) === undefined) await translation.remove(address)
    for (const each of records.all()) await this.#make(each)
  }

  /** Makes the addresses of a network's services again, after its bridge has been. */
  async renew(network: string): Promise<void> {
    for (const each of this.#parts.records.on(network)) await this.#make(each)
  }

  isTaken(address: string): boolean {
    return this.#parts.records.at(address) !== undefined
  }

  /** The service's address on a network, chosen and held where it has none yet; undefined where it is to have none. */
  choose(record: ContainerRecord, network: NetworkRecord): string | undefined {
    const asked = record.endpoints.find(each => [network.id, network.name].includes(each.network))
    const {[labels.project]: project, [labels.service]: service} = record.config.labels
    if (asked === undefined || !project || !service || isOneoff(record)) return undefined
    // Who has asked for an address has a stable one already.
    if (asked.mode === 'dnsrr' || asked.ipv4Address !== undefined) return undefined
    const names = serviceNames(record, asked)
    const before = this.#parts.records.find(network.id, project, service)
    const held = before ?? this.#design(network, {network: network.id, project, service, names})
    if (held !== undefined) this.#parts.records.hold({...held, names})
    return held?.address
  }

  #design(network: NetworkRecord, record: Omit<ServiceRecord, 'address'>): ServiceRecord | undefined {
    const aside = Object.values(network.aux ?? {})
    const isTaken = (address: string) =>
      aside.includes(address) || this.isTaken(address) || this.#parts.leases.endpointAt(address) !== undefined
    const address = serviceAddress(network, `${record.project}/${record.service}`, isTaken)
    if (address === undefined) return undefined
    return {...record, address, ...(network.subnet6 ? {address6: address6Of(network.subnet6, address)} : {})}
  }

  /** Makes the addresses of a lease real, where they are new. */
  async admit(lease: Lease, before: Lease | undefined): Promise<void> {
    const {endpoints} = lease
    if (endpoints.some(each => each.service === undefined)) await this.#retire(lease)
    const known = before?.endpoints.map(each => each.service) ?? []
    const records = endpoints.flatMap(({service}) =>
      service === undefined ? [] : (this.#parts.records.at(service) ?? []),
    )
    await Promise.all(
      records
        .filter(each => !known.includes(each.address) && !this.replicas.has(each.address))
        .map(each => Promise.all([this.#make(each), this.#parts.records.save(each.network)])),
    )
  }

  /** A service whose containers do not want its address any more loses it with the last that did. */
  async #retire({project, service, endpoints}: Lease): Promise<void> {
    for (const {network} of endpoints) {
      const record = this.#parts.records.find(network, project, service)
      if (record === undefined) continue
      if (this.#wishes(record) !== 'none') continue
      await this.#remove(record)
      await this.#parts.records.save(network)
    }
  }

  /** Whether a service's containers want its address; the first that does is looked for, since they may be a thousand. */
  #wishes({network, project, service}: ServiceRecord): 'some' | 'none' | 'nobody' {
    let isThere = false
    for (const lease of this.#parts.leases.all()) {
      if (lease.project !== project || lease.service !== service) continue
      for (const endpoint of lease.endpoints) {
        if (endpoint.network !== network) continue
        if (endpoint.service !== undefined) return 'some'
        isThere = true
      }
    }
    return isThere ? 'none' : 'nobody'
  }

  /** A container asks for an address that a service has: the service gets another one. */
  async cede(address: string): Promise<void> {
    const {records, network} = this.#parts
    const record = records.at(address)
    const place = record && network(record.network)
    if (record === undefined || place === undefined || record.address !== address) return
    const next = this.#design(place, record)
    const running = this.replicas.containers(address)
    await this.#remove(record)
    if (next !== undefined) records.hold(next)
    await records.save(record.network)
    for (const lease of [...this.#parts.leases.all()]) await this.#move(lease, address, next?.address)
    if (next === undefined) return
    for (const container of running) {
      const endpoints = this.#parts.leases.get(container)?.endpoints ?? []
      for (const each of endpoints) if (each.service === next.address) this.replicas.add(each)
    }
    await this.#make(next)
  }

  async #move(lease: Lease, from: string, to: string | undefined): Promise<void> {
    if (!lease.endpoints.some(each => each.service === from)) return
    const endpoints = lease.endpoints.map(each => {
      if (each.service !== from) return each
      const {service: _, ...rest} = each
      return to === undefined ? rest : {...rest, service: to}
    })
    await this.#parts.leases.save({...lease, endpoints})
  }

  /** What answers a ping, and what connections are led by. */
  async #make(record: ServiceRecord): Promise<void> {
    const link = this.#parts.network(record.network)?.bridge
    if (link === undefined) return
    await within(`give service "${record.service}" the address ${record.address}`, async () => {
      for (const address of addressesOf(record)) {
        await ignoring('EEXIST', native().addAddress({link, address: whole(address)}))
      }
      await this.replicas.tell(record)
    })
  }

  async #remove(record: ServiceRecord): Promise<void> {
    this.#parts.records.drop(record)
    this.replicas.forget(record.address)
    const link = this.#parts.network(record.network)?.bridge
    for (const address of addressesOf(record)) {
      await this.#parts.translation.remove(address)
      if (link === undefined) continue
      await ignoring('EADDRNOTAVAIL', ignoring('ENODEV', native().deleteAddress({link, address: whole(address)})))
    }
  }

  /** Of a network that goes: its bridge takes the addresses along. */
  async forget(network: string): Promise<void> {
    const all = this.#parts.records.on(network)
    for (const record of all) {
      this.#parts.records.drop(record)
      this.replicas.forget(record.address)
    }
    await Promise.all(all.flatMap(addressesOf).map(each => this.#parts.translation.remove(each)))
    await this.#parts.records.save(network)
  }

  /**
   * After a container has been removed. On its own network a project's services keep their addresses until that goes;
   * on one of others, until the project has no container there.
   */
  async release(lease: Lease): Promise<void> {
    const {project, endpoints} = lease
    await this.#retire(lease)
    for (const {network, service} of endpoints) {
      const isOwn = this.#parts.network(network)?.labels[labels.project] === project
      if (service === undefined || isOwn || this.#isOn(project, network)) continue
      for (const each of this.#parts.records.on(network).filter(at => at.project === project)) await this.#remove(each)
      await this.#parts.records.save(network)
    }
  }

  #isOn(project: string, network: string): boolean {
    const leases = [...this.#parts.leases.all()]
    return leases.some(each => each.project === project && each.endpoints.some(at => at.network === network))
  }

  /** Where no service has an address nothing is left in the kernel. */
  async close(): Promise<void> {
    if (this.#parts.records.all().length === 0) await this.#parts.translation.end()
  }
}

const whole = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`

async function ignoring(code: string, action: Promise<unknown>): Promise<void> {
  try {
    await action
  } catch (error) {
    if (errnoOf(error) !== code) throw error
  }
}
