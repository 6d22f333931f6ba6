import {BlockList, isIPv6} from 'node:net'
import {StackError} from '../../base/error.ts'
import type {ContainerRecord, EndpointConfig} from '../../model/container.ts'
import type {Endpoint, NetworkRecord} from '../../model/network.ts'
import {address6Of, isForServices, isUsable, macOf, nextAddress} from './addresses.ts'
import {interfaceNames, linkLocal, linksOf, portNamesOf, ratesOf} from './endpoint.ts'
import type {Lease} from './leases.ts'
import {endpointNames, labels, vethName} from './names.ts'
import {searchDomains} from './resolvers.ts'

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
  /** Number of the network's bridge that has room. */
  readonly bridge: (network: NetworkRecord) => number
}

/** What a container gets of the network: what it had the last time where that is still right. */
export function leaseFor(record: ContainerRecord, before: Lease | undefined, facts: LeaseFacts): Lease {
  const configs = record.host.networkMode === 'networks' ? record.endpoints : []
  const interfaces = interfaceNames(configs)
  return {
    container: record.id,
    name: record.name,
    project: record.config.labels[labels.project] ?? '',
    service: record.config.labels[labels.service] ?? '',
    dns: record.host.dns,
    ...(record.host.dnsSearch.length === 0 ? {} : {search: searchDomains(record.host.dnsSearch)}),
    ...linksOf(configs),
    endpoints: configs.map((config, index) =>
      endpointFor(record, config, {interface: interfaces[index]!, before, facts}),
    ),
    ports: before?.ports ?? [],
    publishing: before?.publishing ?? false,
    seesServices: facts.seesServices,
  }
}

type Place = {readonly interface: string; readonly before: Lease | undefined; readonly facts: LeaseFacts}

function endpointFor(
  record: ContainerRecord,
  config: EndpointConfig,
  {interface: name, before, facts}: Place,
): Endpoint {
  const network = facts.network(config.network)
  if (network === undefined) throw new StackError('not-found', `no such network: ${config.network}`)
  const had = before?.endpoints.find(each => each.network === network.id)
  const address = addressFor(config, network, {own: record.id, had: had?.address, facts})
  const bridge = had === undefined ? facts.bridge(network) : had.bridge
  const service = facts.service(network)
  const address6 = address6For(config, network, {
    address,
    isTaken: each => (facts.holder(each)?.container ?? record.id) !== record.id,
  })
  return {
    container: record.id,
    network: network.id,
    interface: name,
    address,
    prefixLength: Number(network.subnet.split('/')[1]),
    ...(address6 ? {address6} : {}),
    mac: config.macAddress ?? macOf(address),
    ...(config.linkLocalIps === undefined ? {} : {moreAddresses: config.linkLocalIps.map(linkLocal)}),
    ...(config.gatewayPriority === undefined ? {} : {gatewayPriority: config.gatewayPriority}),
    gateway: network.gateway,
    link: vethName(record.id, network.id),
    ...(bridge ? {bridge} : {}),
    names: endpointNames(record, config),
    ...portNamesOf(config),
    ...ratesOf(config),
    ...(service === undefined ? {} : {service}),
  }
}

type Wish6 = {readonly address: string; readonly isTaken: (address: string) => boolean}

function address6For(
  {ipv6Address: asked}: EndpointConfig,
  {subnet6, gateway6, name}: NetworkRecord,
  {address, isTaken}: Wish6,
): string | undefined {
  if (asked === undefined) return subnet6 && address6Of(subnet6, address)
  if (subnet6 === undefined) {
    throw new StackError('bad-request', `address ${asked}: network "${name}" has no IPv6`, {
      hint: 'say enable_ipv6: true of the network',
    })
  }
  const prefix = new BlockList()
  prefix.addSubnet(subnet6.split('/')[0]!, 64, 'ipv6')
  if (!isIPv6(asked) || !prefix.check(asked, 'ipv6') || asked === gateway6) {
    throw new StackError('bad-request', `address ${asked} is not one of network "${name}" (${subnet6})`)
  }
  if (isTaken(asked)) throw new StackError('conflict', `address ${asked} of network "${name}" is in use already`)
  return asked
}

type Wish = {readonly own: string; readonly had: string | undefined; readonly facts: LeaseFacts}

function addressFor({ipv4Address}: EndpointConfig, network: NetworkRecord, {own, had, facts}: Wish): string {
  const isTaken = (address: string) => (facts.holder(address)?.container ?? own) !== own
  const {subnet, gateway, name} = network
  const aux = new Map(Object.entries(network.aux ?? {}).map(([owner, each]) => [each, owner]))
  if (ipv4Address !== undefined) {
    if (!isUsable(subnet, gateway, ipv4Address)) {
      throw new StackError('bad-request', `address ${ipv4Address} is not one of network "${name}" (${subnet})`)
    }
    const owner = aux.get(ipv4Address)
    if (owner !== undefined) {
      throw new StackError('conflict', `address ${ipv4Address} of network "${name}" is set aside for "${owner}"`)
    }
    if (!isTaken(ipv4Address)) return ipv4Address
    throw new StackError('conflict', `address ${ipv4Address} of network "${name}" is in use already`)
  }
  if (had !== undefined && isUsable(subnet, gateway, had) && !isTaken(had)) return had
  const isGiven = (address: string) =>
    aux.has(address) || facts.holder(address) !== undefined || facts.isService(address)
  const last = facts.last(network.id)
  const next =
    nextAddress(network, address => isForServices(subnet, address) || isGiven(address), last) ??
    nextAddress(network, isGiven, last)
  if (next !== undefined) return next
  throw new StackError('network-failed', `network "${name}" has no free address in ${network.range ?? subnet}`, {
    hint: 'give it a larger subnet (ipam.config.subnet), or spread the services over several networks',
  })
}
