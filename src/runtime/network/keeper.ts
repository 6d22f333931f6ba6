import type {NetworkRecord} from '../../model/network.ts'
import type {Paths} from '../paths.ts'
import {attachEndpoints} from './attach.ts'
import {ensureBridge} from './bridge.ts'
import type {Bridges} from './bridges.ts'
import {BridgeGuard, tableGuard, type Watch, watching} from './guard.ts'
import type {Lease, Leases} from './leases.ts'
import type {Pins} from './pins.ts'
import type {Ports} from './publish.ts'
import type {Records} from './records.ts'
import {plugAgain, removeStrays} from './repair.ts'
import type {Ruleset} from './ruleset.ts'
import type {Services} from './services.ts'
import type {Wire} from './wires.ts'

export type KeeperParts = {
  readonly paths: Paths
  readonly table: string
  readonly records: Records
  readonly leases: Leases
  readonly bridges: Bridges
  readonly pins: Pins
  readonly ports: Ports
  readonly services: Services
  readonly ruleset: Ruleset
  readonly wires: (lease: Lease) => readonly Wire[]
  readonly warn: (doing: string, error: unknown) => void
}

/** Holds the kernel to what the records say: what a daemon before us has left, and what others destroy while we run. */
export class Keeper {
  readonly #parts: KeeperParts
  readonly #guard = new BridgeGuard()
  readonly #checkRules: () => Promise<void>
  #watch: Watch | undefined

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.#checkRules = tableGuard(parts.table, parts.ruleset)
  }

  /** A network is there, with all that belongs to it. */
  note(record: NetworkRecord): void {
    this.#guard.note(record)
  }

  forget(network: string): void {
    this.#guard.forget(network)
  }

  /** Takes over what is there, and makes what is missing of it. */
  async adopt(): Promise<void> {
    const {records, leases, bridges, services, ruleset, wires: wiresOf} = this.#parts
    if (records.list().length === 0) return
    for (const record of records.list()) {
      await ensureBridge(record)
      this.#guard.note(record)
    }
    const all = [...leases.all()]
    const wires = all.flatMap(wiresOf)
    for (const {network, endpoint} of wires) await bridges.ready(network, endpoint.bridge)
    const whole = await removeStrays(wires)
    for (const lease of all) await this.#adoptLease(lease, whole)
    await services.load(records.list())
    ruleset.forget()
    await ruleset.apply()
  }

  /** A namespace that is gone (a reboot) takes its ports with it; one that is there is as it was. */
  async #adoptLease(lease: Lease, whole: ReadonlySet<string>): Promise<void> {
    const {paths, leases, bridges, pins, ports, warn} = this.#parts
    const {netns} = paths.container(lease.container)
    if (!pins.has(netns)) {
      if (lease.publishing) await leases.save({...lease, publishing: false})
      return
    }
    const failed = (error: unknown) => warn(`take over the network of "${lease.name}"`, error)
    try {
      const wires = this.#parts.wires(lease).filter(each => !whole.has(each.endpoint.link))
      if (wires.length > 0) await attachEndpoints({netns, name: lease.name, wires, bridges, pins, warn: failed})
      for (const port of lease.publishing ? lease.ports : []) await ports.reserve(port, lease, {share: true})
    } catch (error) {
      failed(error)
    }
  }

  /** From now on what is destroyed is made again. */
  begin(): void {
    this.#watch = watching(() => this.#repair(), this.#parts.warn)
  }

  async end(): Promise<void> {
    await this.#watch?.end()
  }

  async #repair(): Promise<void> {
    const networks = this.#parts.records.list()
    for (const record of this.#guard.lost(networks)) await this.#remake(record)
    if (networks.length > 0) await this.#checkRules()
  }

  async #remake(record: NetworkRecord): Promise<void> {
    const {paths, leases, bridges, pins, services, wires, warn} = this.#parts
    await bridges.renew(record)
    this.#guard.note(record)
    const netns = (id: string) => paths.container(id).netns
    await plugAgain([...leases.all()], record, {bridges, pins, netns, wires, warn})
    await services.renew(record.id)
  }
}
