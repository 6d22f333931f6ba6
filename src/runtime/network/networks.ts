import {StackError} from '../../base/error.ts'
import {Rollback} from '../../base/rollback.ts'
import type {ContainerRecord} from '../../model/container.ts'
import type {Endpoint, NetworkRecord} from '../../model/network.ts'
import type {PortQuestion, TakenPort} from '../../model/port.ts'
import type {Paths} from '../paths.ts'
import type {NetworkNames, NetworkOptions, Networks, PublishedPort} from '../runtime.ts'
import {attachEndpoints} from './attach.ts'
import {ensureBridge, removeLink} from './bridge.ts'
import {Bridges, bridgeWithRoom, containersPerBridge} from './bridges.ts'
import {designNetwork} from './design.ts'
import {hostsText, resolvConfText} from './files.ts'
import {restartFlows} from './flows.ts'
import {occupiedRanges} from './host.ts'
import {Keeper} from './keeper.ts'
import {leaseFor} from './lease.ts'
import {type Lease, Leases} from './leases.ts'
import {Pins} from './pins.ts'
import {Ports} from './publish.ts'
import {Records} from './records.ts'
import {Removals} from './removals.ts'
import {hostResolvers} from './resolvers.ts'
import type {RuleFacts} from './rules.ts'
import type {Ruleset} from './ruleset.ts'
import {ServiceRecords} from './service-records.ts'
import {Services} from './services.ts'
import type {Translation} from './translation.ts'
import {type Wire, wiresOf} from './wires.ts'

export type NetworkParts = {
  readonly paths: Paths
  /** The name of our table in nft. */
  readonly table: string
  readonly rules: (facts: () => RuleFacts) => Ruleset
  readonly translation: Translation
  readonly warn: (doing: string, error: unknown) => void
  /** Lowered by tests. */
  readonly containersPerBridge?: number
}

/** Bridges, addresses and rules of this machine, for containers. */
export class LocalNetworks implements Networks {
  readonly names: NetworkNames
  readonly #parts: NetworkParts
  readonly #records: Records
  readonly #leases: Leases
  readonly #ports: Ports
  readonly #ruleset: Ruleset
  readonly #services: Services
  readonly #dnsPorts = new Map<string, number>()
  readonly #listeners: (() => Promise<void>)[] = []
  readonly #removals: Removals
  readonly #keeper: Keeper
  readonly #bridges: Bridges
  readonly #pins: Pins

  constructor(parts: NetworkParts) {
    this.#parts = parts
    this.#records = new Records(parts.paths)
    this.#leases = new Leases(parts.paths)
    this.#ports = new Ports(this.#leases, lease => this.#entrance(lease))
    this.#ruleset = parts.rules(() => this.#ruleFacts())
    this.#pins = new Pins({directory: parts.paths.netnsDirectory, file: parts.paths.pins, warn: parts.warn})
    this.#bridges = new Bridges(() => this.#ruleset.apply())
    this.#removals = new Removals({
      records: this.#records,
      ruleset: this.#ruleset,
      pins: this.#pins,
      warn: parts.warn,
    })
    const services = new ServiceRecords(parts.paths)
    const network = (nameOrId: string) => this.#records.find(nameOrId)
    const {translation} = parts
    this.#services = new Services({records: services, leases: this.#leases, translation, network})
    this.#keeper = new Keeper({
      ...parts,
      records: this.#records,
      leases: this.#leases,
      bridges: this.#bridges,
      pins: this.#pins,
      ports: this.#ports,
      services: this.#services,
      ruleset: this.#ruleset,
      wires: lease => this.#wires(lease),
    })
    this.names = {
      ...this.#leases.names(),
      services: (at, name) => services.named(at, name),
      serviceAt: address => services.at(address),
    }
  }

  async load(): Promise<void> {
    await Promise.all([this.#records.load(), this.#leases.load()])
    await this.#pins.adopt([...this.#leases.all()].map(each => this.#parts.paths.container(each.container).netns))
    this.#keeper.begin()
    await this.#keeper.adopt()
  }

  list(): readonly NetworkRecord[] {
    return this.#records.list()
  }

  find(nameOrId: string): NetworkRecord | undefined {
    return this.#records.find(nameOrId)
  }

  async create(asked: NetworkOptions): Promise<NetworkRecord> {
    // Their routes are still there, and might be those that are asked for.
    await this.#removals.settled()
    const occupied = await occupiedRanges()
    const record = designNetwork(asked, {taken: this.#records.list(), occupied})
    await using undo = new Rollback(error => this.#parts.warn(`clean up after network "${record.name}"`, error))
    // From here on nobody else gets the name or the subnet: there is no wait since they were looked at.
    this.#records.hold(record)
    // Takes some milliseconds at the first time; the first service is about to come.
    void this.#parts.translation.isReady()
    await undo.do(Promise.resolve(), () => this.#records.drop(record))
    await undo.do(
      () => ensureBridge(record),
      () => removeLink(record.bridge),
    )
    this.#keeper.note(record)
    await undo.do(
      () => this.#ruleset.apply(),
      () => this.#withdraw(record),
    )
    await undo.do(
      () => this.#records.save(record),
      () => this.#records.remove(record),
    )
    await this.#tell()
    undo.keep()
    return record
  }

  #withdraw(record: NetworkRecord): Promise<void> {
    this.#records.drop(record)
    return this.#ruleset.apply()
  }

  async remove(nameOrId: string): Promise<void> {
    const record = this.#records.find(nameOrId)
    if (record === undefined) throw new StackError('not-found', `no such network: ${nameOrId}`)
    const users = this.#leases.countOn(record.id)
    if (users > 0) {
      throw new StackError(
        'conflict',
        `network "${record.name}" is in use by ${users} container${users > 1 ? 's' : ''}`,
      )
    }
    this.#records.drop(record)
    this.#dnsPorts.delete(record.id)
    this.#keeper.forget(record.id)
    this.#bridges.forget(record)
    await this.#services.forget(record.id)
    await this.#tell()
    this.#removals.begin(record)
  }

  async attach(record: ContainerRecord): Promise<readonly Endpoint[]> {
    const {networkMode} = record.host
    if (networkMode !== 'networks' && networkMode !== 'none') return []
    const seesServices = record.endpoints.length > 0 && (await this.#parts.translation.isReady())
    for (const {ipv4Address} of record.endpoints) if (ipv4Address) await this.#services.cede(ipv4Address)
    const before = this.#leases.get(record.id)
    const lease = this.#lease(record, before, seesServices)
    const warn = (error: unknown) => this.#parts.warn(`clean up after attaching "${record.name}"`, error)
    await using undo = new Rollback(warn)
    const giveBack = () => (before ? this.#leases.save(before) : this.#leases.free(record.id))
    await undo.do(Promise.resolve(), giveBack)
    const {netns} = this.#parts.paths.container(record.id)
    await this.#pins.gone(netns)
    // The kernel's work and the disk's do not wait for each other; both have ended before anything is undone.
    const saved = this.#leases.save(lease)
    const attached = attachEndpoints({
      netns,
      name: record.name,
      wires: this.#wires(lease),
      bridges: this.#bridges,
      pins: this.#pins,
      warn,
    })
    const admitted = this.#services.admit(lease, before)
    await Promise.allSettled([saved, attached, admitted])
    await Promise.all([saved, attached, admitted])
    undo.keep()
    return lease.endpoints
  }

  /** Chosen and held without a wait between, so that two containers never get the same address. */
  #lease(record: ContainerRecord, before: Lease | undefined, seesServices: boolean): Lease {
    const lease = leaseFor(record, before, {
      network: nameOrId => this.#records.find(nameOrId),
      holder: address => this.#leases.endpointAt(address),
      last: network => this.#leases.lastOn(network),
      isService: address => this.#services.isTaken(address),
      service: network => (seesServices ? this.#services.choose(record, network) : undefined),
      seesServices,
      bridge: network => this.#bridgeFor(network),
    })
    this.#leases.hold(lease)
    return lease
  }

  #bridgeFor({id}: NetworkRecord): number {
    const most = this.#parts.containersPerBridge ?? containersPerBridge
    return bridgeWithRoom(bridge => this.#leases.countOnBridge(id, bridge), most)
  }

  #wires(lease: Lease): readonly Wire[] {
    return wiresOf(lease, network => this.#records.find(network))
  }

  #entrance(lease: Lease): Endpoint | undefined {
    return this.#wires(lease).find(each => each.defaultRoute)?.endpoint
  }

  async publish(record: ContainerRecord): Promise<readonly PublishedPort[]> {
    const lease = this.#leases.get(record.id)
    // On internal networks, without one, or on the host's there is nothing to lead in.
    if (!lease || !this.#entrance(lease) || record.host.portBindings.length === 0) return []
    this.#ports.setReady(record.id, record.config.healthcheck === undefined)
    await using undo = new Rollback(error => this.#parts.warn(`give back the ports of "${record.name}"`, error))
    const publishing = await undo.do(
      () => this.#ports.take(record, lease),
      () => this.unpublish(record.id),
    )
    await this.#leases.save(publishing)
    await this.#ruleset.apply()
    await restartFlows(publishing, this.#parts.warn)
    undo.keep()
    return publishing.ports
  }

  async serve(record: ContainerRecord): Promise<void> {
    const lease = this.#leases.get(record.id)
    if (lease) await this.#services.replicas.join(lease, {isReady: record.config.healthcheck === undefined})
  }

  async withdraw(id: string): Promise<void> {
    const lease = this.#leases.get(id)
    if (lease === undefined) return
    await this.#services.replicas.leave(lease)
    // Nothing changes for the last one, since it would get connections even so.
    if (!lease.publishing || !this.#ports.isShared(lease) || !this.#ports.setReady(id, false)) return
    await this.#ruleset.apply()
  }

  takenPorts(asked: PortQuestion): Promise<readonly TakenPort[]> {
    return this.#ports.taken(asked)
  }

  hasOthers(id: string): boolean {
    const lease = this.#leases.get(id)
    if (lease === undefined) return false
    return this.#services.replicas.hasOthers(lease) || (lease.publishing && this.#ports.isShared(lease))
  }

  async setReady(id: string, isReady: boolean): Promise<void> {
    const lease = this.#leases.get(id)
    if (lease) await this.#services.replicas.setReady(lease, isReady)
    if (!lease?.publishing || !this.#ports.setReady(id, isReady)) return
    await this.#ruleset.apply()
    await restartFlows(lease, this.#parts.warn)
  }

  async unpublish(id: string): Promise<void> {
    const lease = this.#leases.get(id)
    if (!lease?.publishing) return
    await this.#leases.save({...lease, publishing: false})
    await this.#ports.release(id)
    await this.#ruleset.apply()
    await restartFlows(lease, this.#parts.warn)
  }

  async detach(id: string): Promise<void> {
    const lease = this.#leases.get(id)
    await this.withdraw(id)
    await this.unpublish(id)
    this.#pins.release(this.#parts.paths.container(id).netns)
    await this.#leases.free(id)
    if (lease) await this.#services.release(lease)
  }

  endpoints(id: string): readonly Endpoint[] {
    return this.#leases.get(id)?.endpoints ?? []
  }

  published(id: string): readonly PublishedPort[] {
    const lease = this.#leases.get(id)
    return lease?.publishing ? lease.ports : []
  }

  async resolvConf(record: ContainerRecord): Promise<string> {
    return resolvConfText(record, this.endpoints(record.id), await hostResolvers())
  }

  hosts(record: ContainerRecord): string {
    return hostsText(record, this.endpoints(record.id))
  }

  onChange(listener: () => Promise<void>): void {
    this.#listeners.push(listener)
  }

  async #tell(): Promise<void> {
    for (const listener of this.#listeners) await listener()
  }

  async redirectDns(network: string, port: number | undefined): Promise<void> {
    if (port === undefined) this.#dnsPorts.delete(network)
    else this.#dnsPorts.set(network, port)
    await this.#ruleset.apply()
  }

  #ruleFacts(): RuleFacts {
    const networks = this.#records.list().map(record => {
      const dnsPort = this.#dnsPorts.get(record.id)
      return {...record, further: this.#bridges.further(record), ...(dnsPort === undefined ? {} : {dnsPort})}
    })
    return {table: this.#parts.table, networks, published: this.#ports.publications()}
  }

  async close(): Promise<void> {
    await this.#keeper.end()
    await this.#removals.settled()
    await this.#pins.close()
    await this.#ports.close()
    await this.#services.close()
  }
}
