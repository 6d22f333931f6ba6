import {sha256} from '../../base/hash.ts'
import type {ContainerRecord, EndpointConfig} from '../../model/container.ts'

export const labels = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  oneoff: 'com.docker.compose.oneoff',
} as const

export const isOneoff = ({config}: ContainerRecord): boolean => config.labels[labels.oneoff]?.toLowerCase() === 'true'

/** What a container is called on one of its networks: service, container name, aliases, short id, hostname of its own. */
export function endpointNames(record: ContainerRecord, endpoint: EndpointConfig): readonly string[] {
  const {config, host, name, id} = record
  const hostname = host.utsMode === undefined ? config.hostname : ''
  // One that was run by hand is not its service, unless it asks for the name.
  const service = isOneoff(record) ? undefined : config.labels[labels.service]
  const all = [service, name, ...endpoint.aliases, id.slice(0, 12), hostname]
  return [...new Set(all.filter(each => each !== undefined).filter(each => each !== ''))]
}

/** What all replicas of its service are called: the service's name and the aliases that are not the container's own. */
export function serviceNames({config, name, id}: ContainerRecord, {aliases}: EndpointConfig): readonly string[] {
  const shared = aliases.filter(each => each !== name && each !== id.slice(0, 12))
  return [...new Set([config.labels[labels.service] ?? '', ...shared].map(each => each.toLowerCase()))]
}

/** Interface names have 15 bytes: a hash in the name, what people read in the alias. */
export const bridgeName = (network: string): string => `stk${sha256(network).slice(0, 11)}`
export const vethName = (container: string, network: string): string =>
  `vth${sha256(`${container} ${network}`).slice(0, 11)}`
/** What a network's further bridges, and the links of those, begin with. */
const furtherName = (kind: string, network: string): string => `${kind}${sha256(network).slice(0, 8)}`
export const furtherPrefix = (network: string): string => furtherName('stk', network)
export const furtherBridgeName = (network: string, number: number): string =>
  `${furtherPrefix(network)}${number.toString(16).padStart(4, '0')}`
/** Both ends of the link between a further bridge and the one above it. */
export const bridgeLinkNames = (network: string, number: number): {readonly up: string; readonly down: string} => ({
  up: furtherBridgeName(network, number).replace('stk', 'stu'),
  down: furtherBridgeName(network, number).replace('stk', 'std'),
})
