import {isIP, isIPv6} from 'node:net'
import {StackError} from '../../base/error.ts'
import type {EndpointConfig} from '../../model/container.ts'
import type {Rates} from '../../model/network.ts'

/** Of one container on one network, in Docker's words: files written for it bring them along. */
export const endpointOptions = {
  interface: 'com.docker.network.endpoint.ifname',
  /** `http=80/tcp,metrics=9100/tcp`: what the ports are called. */
  portNames: 'stack.port_names',
  /** Limits in bytes each second. */
  egress: 'stack.egress',
  ingress: 'stack.ingress',
} as const

/** The interfaces inside, in the order of the networks: what was asked for, else the first `eth` that is free. */
export function interfaceNames(configs: readonly EndpointConfig[]): string[] {
  const asked = configs.map(each => each.options?.[endpointOptions.interface])
  const taken = new Set<string>()
  for (const name of asked) {
    if (name === undefined) continue
    checkInterface(name)
    if (taken.has(name)) throw new StackError('bad-request', `two networks ask for the interface "${name}"`)
    taken.add(name)
  }
  return asked.map(name => {
    if (name !== undefined) return name
    let number = 0
    while (taken.has(`eth${number}`)) number++
    taken.add(`eth${number}`)
    return `eth${number}`
  })
}

/** The kernel's rule for names of interfaces. */
function checkInterface(name: string): void {
  if (/^[^\s/:]{1,15}$/.test(name) && !['.', '..', 'lo'].includes(name)) return
  throw new StackError('bad-request', `"${name}" is no name for an interface`, {
    hint: '15 bytes at most, without space, "/" or ":", and not "lo"',
  })
}

/** A link-local address with the length of its range; any other stands for itself alone. */
export function linkLocal(address: string): string {
  if (isIP(address) === 0) throw new StackError('bad-request', `link-local address "${address}" is not an IP address`)
  if (isIPv6(address)) return `${address}/${/^fe[89ab]/i.test(address) ? 64 : 128}`
  return `${address}/${address.startsWith('169.254.') ? 16 : 32}`
}

/** `NAME:ALIAS` by alias; several names may have the same. */
export function linksOf(configs: readonly EndpointConfig[]): {links?: Record<string, readonly string[]>} {
  const links: Record<string, string[]> = {}
  for (const text of new Set(configs.flatMap(each => each.links ?? []))) {
    const [name = '', alias = name] = text.replace(/^\//, '').split(':')
    const key = alias.toLowerCase()
    links[key] = [...(links[key] ?? []), name]
  }
  return Object.keys(links).length === 0 ? {} : {links}
}

/** By the name that DNS has for each: `_http._tcp`. What is no port is left out. */
export function portNamesOf({options}: EndpointConfig): {portNames?: Record<string, number>} {
  const found: Record<string, number> = {}
  for (const text of (options?.[endpointOptions.portNames] ?? '').split(',')) {
    const [, name, port, protocol] = /^([^=]+)=(\d+)\/(tcp|udp)$/.exec(text) ?? []
    if (name !== undefined) found[`_${name.toLowerCase()}._${protocol}`] = Number(port)
  }
  return Object.keys(found).length === 0 ? {} : {portNames: found}
}

export function ratesOf({options}: EndpointConfig): {rates?: Rates} {
  const [egress, ingress] = (['egress', 'ingress'] as const).map(way => {
    const text = options?.[endpointOptions[way]]
    if (text === undefined || /^[1-9]\d{0,14}$/.test(text)) return text === undefined ? undefined : Number(text)
    throw new StackError('bad-request', `${endpointOptions[way]}: "${text}" is not a number of bytes each second`)
  })
  if (egress === undefined && ingress === undefined) return {}
  return {rates: {...(egress === undefined ? {} : {egress}), ...(ingress === undefined ? {} : {ingress})}}
}
