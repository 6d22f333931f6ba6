import {BlockList} from 'node:net'
import type {Endpoint, NetworkRecord} from '../../model/network.ts'
import type {Lease} from './leases.ts'
import type {ServiceRecord, ServiceRecords} from './service-records.ts'
import type {Translation} from './translation.ts'

export type ReplicasParts = {
  readonly records: ServiceRecords
  readonly translation: Translation
  readonly network: (nameOrId: string) => NetworkRecord | undefined
}

/** Who stands behind each service's address at this moment, told to the kernel. */
export class Replicas {
  readonly #parts: ReplicasParts
  /** By the service's address, those that run. */
  readonly #running = new Map<string, Map<string, Endpoint>>()
  readonly #unready = new Set<string>()

  constructor(parts: ReplicasParts) {
    this.#parts = parts
  }

  has(address: string): boolean {
    return this.#running.has(address)
  }

  containers(address: string): readonly string[] {
    return [...(this.#running.get(address)?.keys() ?? [])]
  }

  /** Known to run, without telling the kernel. */
  add(endpoint: Endpoint): void {
    const address = endpoint.service ?? ''
    const replicas = this.#running.get(address) ?? new Map<string, Endpoint>()
    this.#running.set(address, replicas.set(endpoint.container, endpoint))
  }

  forget(address: string): void {
    this.#running.delete(address)
  }

  /** New connections may go to it. One with a healthcheck is not ready until it is said to be. */
  async join({container, endpoints}: Lease, {isReady}: {readonly isReady: boolean}): Promise<void> {
    const served = endpoints.filter(each => each.service !== undefined)
    if (served.every(each => this.#isRunning(each))) return
    this.#note(container, isReady)
    for (const each of served) this.add(each)
    await this.#push(served)
  }

  /** New connections go to others from now on; those that stand are left alone. */
  async leave({container, endpoints}: Lease): Promise<void> {
    this.#unready.delete(container)
    await this.#push(endpoints.filter(each => this.#running.get(each.service ?? '')?.delete(container)))
  }

  async setReady({container, endpoints}: Lease, isReady: boolean): Promise<void> {
    if (this.#unready.has(container) !== isReady) return
    this.#note(container, isReady)
    await this.#push(endpoints.filter(each => this.#isRunning(each)))
  }

  hasOthers({container, endpoints}: Lease): boolean {
    return endpoints.some(({service = ''}) => {
      const running = this.#running.get(service)
      return running !== undefined && running.size > (running.has(container) ? 1 : 0)
    })
  }

  /** By its IPv4 address and, where the network has it, by its IPv6 address. */
  async tell({network, address, address6}: ServiceRecord): Promise<void> {
    const {translation} = this.#parts
    const subnet6 = this.#parts.network(network)?.subnet6
    await translation.put(address, () => this.#ready(address).map(each => each.address))
    if (address6 === undefined || subnet6 === undefined) return
    const of6 = () => this.#ready(address).flatMap(each => each.address6 ?? [])
    await translation.put(address6, () => of6().filter(each => isWithin(subnet6, each)))
  }

  #isRunning({service, container}: Endpoint): boolean {
    return this.#running.get(service ?? '')?.has(container) ?? false
  }

  #note(container: string, isReady: boolean): void {
    if (isReady) this.#unready.delete(container)
    else this.#unready.add(container)
  }

  async #push(endpoints: readonly Endpoint[]): Promise<void> {
    const records = endpoints.flatMap(({service}) => this.#parts.records.at(service ?? '') ?? [])
    await Promise.all(records.map(each => this.tell(each)))
  }

  /** Better one that may answer than none at all. */
  #ready(address: string): readonly Endpoint[] {
    const all = [...(this.#running.get(address)?.values() ?? [])]
    const ready = all.filter(each => !this.#unready.has(each.container))
    return ready.length > 0 ? ready : all
  }
}

function isWithin(subnet6: string, address: string): boolean {
  const [base = '', length] = subnet6.split('/')
  const subnet = new BlockList()
  subnet.addSubnet(base, Number(length), 'ipv6')
  return subnet.check(address, 'ipv6')
}
