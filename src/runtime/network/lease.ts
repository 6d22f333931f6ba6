import {StackError} from '../../base/error.ts'
import type {ContainerRecord, EndpointConfig} from '../../model/container.ts'
import type {Endpoint, NetworkRecord} from '../../model/network.ts'
import {address6Of, isForServices, isUsable, macOf, nextAddress} from './addresses.ts'
import type {Lease} from './leases.ts'
import {endpointNames, labels, vethName} from './names.ts'

export type LeaseFacts = {
  readonly network: (nameOrId: string) => NetworkRecord | undefined
  readonly holder: (address: string) => Endpoint | undefined
  /** Given last on a network. */
  readonly last: (network: string) => string | undefined
  /** Given to a service. */
  readonly isService: (address: string) => boolean
  /** The address of the container's own service. */
  readonly service: (network: NetworkRecord) => string | undefined
  readonly seesServices: boolean
}

/** What a container gets of the network: what it had the last time where that is still right. */
export function leaseFor(record: ContainerRecord, before: Lease | undefined, facts: LeaseFacts): Lease {
  const configs = record.host.networkMode === 'networks' ? record.endpoints : []
  return {
    container: record.id,
    name: record.name,
    project: record.config.labels[labels.project] ?? '',
    service: record.config.labels[labels.service] ?? '',
    dns: record.host.dns,
    endpoints: configs.map((config, index) => endpointFor(record, config, {index, before, facts})),
    ports: before?.ports ?? [],
    publishing: before?.publishing ?? false,
    seesServices: facts.seesServices,
  }
}

type Place = {readonly index: number; readonly before: Lease | undefined; readonly facts: LeaseFacts}

function endpointFor(record: ContainerRecord, config: EndpointConfig, {index, before, facts}: Place): Endpoint {
  const network = facts.network(config.network)
  if (network === undefined) throw new StackError('not-found', `no such network: ${config.network}`)
  const had = before?.endpoints.find(each => each.network === network.id)?.address
  const address = addressFor(config, network, {own: record.id, had, facts})
  const service = facts.service(network)
  const address6 = network.subnet6 && (config.ipv6Address ?? address6Of(network.subnet6, address))
  return {
    container: record.id,
    network: network.id,
    interface: `eth${index}`,
    address,
    prefixLength: Number(network.subnet.split('/')[1]),
    ...(address6 ? {address6} : {}),
    mac: config.macAddress ?? macOf(address),
    gateway: network.gateway,
    link: vethName(record.id, network.id),
    names: endpointNames(record, config),
    ...(service === undefined ? {} : {service}),
  }
}

type Wish = {readonly own: string; readonly had: string | undefined; readonly facts: LeaseFacts}

function addressFor({ipv4Address}: EndpointConfig, network: NetworkRecord, {own, had, facts}: Wish): string {
  const isTaken = (address: string) => (facts.holder(address)?.container ?? own) !== own
  const {subnet, gateway, name} = network
  if (ipv4Address !== undefined) {
    if (!isUsable(subnet, gateway, ipv4Address)) {
      throw new StackError('bad-request', `address ${ipv4Address} is not one of network "${name}" (${subnet})`)
    }
    if (!isTaken(ipv4Address)) return ipv4Address
    throw new StackError('conflict', `address ${ipv4Address} of network "${name}" is in use already`)
  }
  if (had !== undefined && isUsable(subnet, gateway, had) && !isTaken(had)) return had
  const isHeld = (address: string) => facts.holder(address) !== undefined || facts.isService(address)
  const last = facts.last(network.id)
  const next =
    nextAddress(network, address => isForServices(subnet, address) || isHeld(address), last) ??
    nextAddress(network, isHeld, last)
  if (next !== undefined) return next
  throw new StackError('network-failed', `network "${name}" has no free address in ${subnet}`)
}
