import {BlockList, isIP, isIPv6} from 'node:net'
import {hostResolvers} from '../../runtime/network/resolvers.ts'
import type {NetworkNames, Networks} from '../../runtime/runtime.ts'
import {answer, type Neighbour, type View} from './answer.ts'
import {forwardQuery} from './forward.ts'
import type {Handle} from './listen.ts'
import {codes, readQuery, writeAnswer} from './message.ts'
import {searched} from './search.ts'

const largestTcp = 65535

/** Answers the queries of containers, known by the address that they ask from; nobody else's. */
export function responder(networks: Networks, isRunning: (id: string) => boolean): Handle {
  let turn = 0
  return async (bytes, from, transport) => {
    const query = readQuery(bytes)
    if (query === undefined) return undefined
    const room = transport === 'tcp' ? largestTcp : query.room
    const asker = networks.names.at(from)
    if (asker === undefined) return writeAnswer(query, codes.refused, [])
    const verdict = answer(query.question, viewOf(networks, asker.container, isRunning), turn++)
    if (verdict.kind === 'answer') return writeAnswer(query, codes.noError, verdict.resources, room)
    if (verdict.kind === 'absent') return writeAnswer(query, codes.absent, [])
    const own = networks.names.of(asker.container)
    const host = await hostResolvers()
    const servers = own === undefined || own.dns.length === 0 ? host.servers : own.dns
    const search = {
      domains: own?.search ?? host.search,
      ask: (asked: Buffer) => forwardQuery(asked, servers, transport),
    }
    const found = await searched(query, search, room)
    if (found !== undefined) return found
    return (await forwardQuery(bytes, servers, transport)) ?? writeAnswer(query, codes.serverFailure, [])
  }
}

function viewOf(networks: Networks, container: string, isRunning: (id: string) => boolean): View {
  const {names} = networks
  const seesServices = names.of(container)?.seesServices ?? false
  const links = names.of(container)?.links ?? {}
  const visible = networks.endpoints(container).flatMap(({network}) => networks.find(network) ?? [])
  return {
    networks: visible.map(({id, name, internal}) => ({
      name,
      internal,
      find: asked =>
        (links[asked.toLowerCase()] ?? [asked]).flatMap(each =>
          neighbours(each, seesServices, {network: id, names, isRunning}),
        ),
    })),
    covers: address => visible.some(({subnet, subnet6}) => isWithin(address, isIPv6(address) ? subnet6 : subnet)),
    at(address) {
      const service = seesServices ? names.serviceAt(address) : undefined
      const shared = visible.find(each => each.id === service?.network)
      if (service && shared) return {name: service.service, network: shared.name}
      const endpoint = names.at(address)
      const network = visible.find(each => each.id === endpoint?.network)
      const owner = endpoint && names.of(endpoint.container)
      return network && owner && {name: owner.name, network: network.name}
    },
  }
}

function isWithin(address: string, subnet: string | undefined): boolean {
  const [base, length] = subnet?.split('/') ?? []
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (base === undefined || isIP(address) === 0) return false
  const list = new BlockList()
  list.addSubnet(base, Number(length), family)
  return list.check(address, family)
}

type Place = {
  readonly network: string
  readonly names: NetworkNames
  readonly isRunning: (id: string) => boolean
}

const everyReplica = /^tasks\.(?=.)/i

/**
 * A service's name and aliases stand for its one address, replicas or not; `tasks.NAME` for its replicas. Other names,
 * and those of services without an address, stand for containers.
 */
function neighbours(asked: string, seesServices: boolean, {network, names, isRunning}: Place): readonly Neighbour[] {
  const services = seesServices ? names.services(network, asked) : []
  const addresses = services.map(each => each.address)
  const exact = names.find(network, asked)
  const found = exact.length > 0 || services.length > 0 ? exact : names.find(network, asked.replace(everyReplica, ''))
  const others = found.filter(({service}) => service === undefined || !addresses.includes(service))
  return [
    ...services.map(({address, address6}) => ({
      ...{address, ...(address6 ? {address6} : {}), running: true},
      ports: exact.find(each => each.service === address)?.portNames ?? {},
    })),
    ...others.map(({address, address6, container, portNames}) => ({
      ...{address, ...(address6 ? {address6} : {}), running: isRunning(container)},
      ...{name: names.of(container)?.name ?? asked, ports: portNames ?? {}},
    })),
  ]
}
