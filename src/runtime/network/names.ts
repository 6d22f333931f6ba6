import {sha256} from '../../base/hash.ts'
import type {ContainerRecord, EndpointConfig} from '../../model/container.ts'

export const labels = {project: 'com.docker.compose.project', service: 'com.docker.compose.service'} as const

/** What a container is called on one of its networks: service, container name, aliases, short id, hostname of its own. */
export function endpointNames(record: ContainerRecord, endpoint: EndpointConfig): readonly string[] {
  const {config, host, name, id} = record
  const hostname = host.utsMode === undefined ? config.hostname : ''
  const all = [config.labels[labels.service], name, ...endpoint.aliases, id.slice(0, 12), hostname]
  return [...new Set(all.filter(each => each !== undefined).filter(each => each !== ''))]
}

/** Interface names have 15 bytes: a hash in the name, what people read in the alias. */
export const bridgeName = (network: string): string => `stk${sha256(network).slice(0, 11)}`
export const vethName = (container: string, network: string): string =>
  `vth${sha256(`${container} ${network}`).slice(0, 11)}`
