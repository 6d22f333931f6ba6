import {isAddress} from './address.ts'

export type PortForm = {
  readonly mode: 'ingress'
  readonly host_ip?: string
  readonly target: number
  readonly published?: string
  readonly protocol: string
}
type Range = {readonly first: number; readonly last: number}

/** `[[IP:]HOST:]CONTAINER[/PROTOCOL]`, where both sides may be ranges; a string is what is wrong with it. */
export function parsePort(text: string): readonly PortForm[] | string {
  if (text === '') return 'no port is given'
  const slash = text.lastIndexOf('/')
  const protocol = slash < 0 ? 'tcp' : text.slice(slash + 1).toLowerCase()
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) return `"${protocol}" is not a protocol: it is tcp or udp`
  const parts = splitParts(slash < 0 ? text : text.slice(0, slash))
  const target = parseRange(parts.container)
  if (target === undefined) return `"${parts.container}" is not a port from 1 to 65535`
  if (parts.ip !== '' && !isAddress(parts.ip)) return `"${parts.ip}" is not an IP address`
  const host = parts.host === '' ? null : parseRange(parts.host)
  if (host === undefined) return `"${parts.host}" is not a port from 0 to 65535`
  return expand({target, host, protocol, ip: parts.ip})
}

function splitParts(text: string): {ip: string; host: string; container: string} {
  const [container = '', host = '', ...ip] = text.split(':').reverse()
  const address = ip.reverse().join(':')
  return {ip: address.replace(/^\[(.*)\]$/, '$1'), host, container}
}

function expand({
  target,
  host,
  protocol,
  ip,
}: {
  target: Range
  host: Range | null
  protocol: string
  ip: string
}): PortForm[] | string {
  const count = target.last - target.first + 1
  const hosts = host === null ? 0 : host.last - host.first + 1
  if (hosts > 0 && hosts !== count && count > 1) return 'the two ranges must have the same length'
  return Array.from({length: count}, (_, index) => {
    const published = host === null ? undefined : count === 1 ? rangeText(host) : String(host.first + index)
    return {
      mode: 'ingress' as const,
      ...(ip === '' ? {} : {host_ip: ip}),
      target: target.first + index,
      ...(published === undefined ? {} : {published}),
      protocol,
    }
  })
}

const rangeText = ({first, last}: Range): string => (first === last ? String(first) : `${first}-${last}`)

/** A port or two with a dash between them. */
export function parseRange(text: string): Range | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (match === null) return undefined
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
  return first <= last && last <= 65_535 ? {first, last} : undefined
}
