import {isIP} from 'node:net'
import {StackError} from '../../base/error.ts'
import type {ContainerRecord} from '../../model/container.ts'
import type {Endpoint} from '../../model/network.ts'
import {type Resolvers, searchDomains} from './resolvers.ts'

/** The container's /etc/resolv.conf: our server on the gateway, which knows what the container asked for itself. */
export function resolvConfText({host}: ContainerRecord, endpoints: readonly Endpoint[], resolvers: Resolvers): string {
  const gateway = endpoints[0]?.gateway
  const servers = gateway !== undefined ? [gateway] : host.dns.length > 0 ? host.dns : resolvers.servers
  const search = host.dnsSearch.length > 0 ? searchDomains(host.dnsSearch) : resolvers.search
  const options = host.dnsOptions.some(each => each.startsWith('ndots:'))
    ? host.dnsOptions
    : ['ndots:0', ...host.dnsOptions]
  return [
    ...servers.map(server => `nameserver ${server}`),
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    `options ${options.join(' ')}`,
    '',
  ].join('\n')
}

const loopback = ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback']
const multicast = [
  'fe00::0\tip6-localnet',
  'ff00::0\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
]

/** The container's /etc/hosts: localhost, what it was told of others, and itself. */
export function hostsText(record: ContainerRecord, endpoints: readonly Endpoint[]): string {
  const name = ownName(record)
  const own = endpoints.flatMap(each => [each.address, ...(each.address6 === undefined ? [] : [each.address6])])
  const self = (own.length > 0 ? own : ['127.0.1.1']).map(address => `${address}\t${name}`)
  return [...loopback, ...multicast, ...extraHosts(record, endpoints[0]?.gateway), ...self, ''].join('\n')
}

function ownName({id, config}: ContainerRecord): string {
  const name = config.hostname === '' ? id.slice(0, 12) : config.hostname
  return config.domainname === '' ? name : `${name}.${config.domainname} ${name}`
}

/** `name:address` or `name=address`; the address `host-gateway` is the host as the container sees it. */
export function extraHosts({host}: ContainerRecord, gateway: string | undefined): string[] {
  return host.extraHosts.map(entry => {
    const at = entry.search(/[:=]/)
    const name = entry.slice(0, at)
    const address = entry.slice(at + 1).replace(/^\[(.*)\]$/, '$1')
    if (at > 0 && address === 'host-gateway') return `${gateway ?? '127.0.0.1'}\t${name}`
    if (at > 0 && isIP(address) !== 0) return `${address}\t${name}`
    throw new StackError('bad-request', `extra host "${entry}" is not NAME:ADDRESS`)
  })
}
