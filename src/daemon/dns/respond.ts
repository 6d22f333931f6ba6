import {hostResolvers} from '../../runtime/network/resolvers.ts'
import type {Networks} from '../../runtime/runtime.ts'
import {answer, type View} from './answer.ts'
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
  const links = networks.names.of(container)?.links ?? {}
  const visible = networks.endpoints(container).flatMap(({network}) => networks.find(network) ?? [])
  return {
    networks: visible.map(({id, name, internal}) => ({
      name,
      internal,
      find: asked =>
        (links[asked.toLowerCase()] ?? [asked])
          .flatMap(each => networks.names.find(id, each))
          .map(each => ({...each, running: isRunning(each.container)})),
    })),
    at(address) {
      const endpoint = networks.names.at(address)
      const network = visible.find(each => each.id === endpoint?.network)
      const owner = endpoint && networks.names.of(endpoint.container)
      return network && owner && {name: owner.name, network: network.name}
    },
  }
}
