import {sha256} from '../../base/hash.ts'
import {contains, formatAddress, formatRange, overlap, parseAddress, parseRange, type Range, sizeOf} from './cidr.ts'

/**
 * Where subnets are taken from, a /20 each (4093 containers). The first lies where neither Docker (172.17 to 31,
 * 192.168), Podman (10.88), Kubernetes (10.96, 10.244) nor home routers have theirs.
 */
const pools: readonly Range[] = ['10.192.0.0/11', '172.16.0.0/12', '192.168.0.0/16'].map(text => parseRange(text)!)
const subnetLength = 20

/**
 * A free subnet, or undefined where all are taken. The search starts at a place made from `seed`, so that a network
 * which is made again gets the same subnet. `occupied`: routes, addresses and networks, as CIDR.
 */
export function chooseSubnet(seed: string, occupied: readonly string[]): string | undefined {
  const taken = occupied
    .map(parseRange)
    .filter(each => each !== undefined)
    .filter(each => each.length > 0)
  for (const pool of pools) {
    const count = 2 ** (subnetLength - pool.length)
    const start = Number.parseInt(sha256(seed).slice(0, 8), 16) % count
    for (let step = 0; step < count; step++) {
      const base = pool.base + ((start + step) % count) * 2 ** (32 - subnetLength)
      const candidate = {base, length: subnetLength}
      if (!taken.some(each => overlap(each, candidate))) return formatRange(candidate)
    }
  }
  return undefined
}

/** The first address of a subnet is the bridge's. */
export const gatewayOf = (subnet: string): string => formatAddress(parseRange(subnet)!.base + 1)

/** Whether a container may have the address: in the subnet, and neither its first nor its last, nor the gateway. */
export function isUsable(subnet: string, gateway: string, address: string): boolean {
  const range = parseRange(subnet)
  const number = parseAddress(address)
  if (range === undefined || number === undefined || address === gateway || !contains(range, number)) return false
  return number !== range.base && number !== range.base + sizeOf(range) - 1
}

/**
 * A free address after `last`, round and round: one just given up is the last to be given again, for neighbours may
 * still remember whose it was.
 */
export function nextAddress(
  {subnet, gateway, range: pool = subnet}: {readonly subnet: string; readonly gateway: string; readonly range?: string},
  isTaken: (address: string) => boolean,
  last: string | undefined,
): string | undefined {
  const range = parseRange(pool)!
  const size = sizeOf(range)
  // The first is the bridge's, unless the pool begins elsewhere; the last may have been asked for by name, outside.
  const first = pool === subnet ? 1 : size - 1
  const start = last === undefined || !contains(range, parseAddress(last)!) ? first : parseAddress(last)! - range.base
  for (let step = 1; step <= size; step++) {
    const address = formatAddress(range.base + ((start + step) % size))
    if (isUsable(subnet, gateway, address) && !isTaken(address)) return address
  }
  return undefined
}

/** Services' addresses are in the last quarter of a subnet of 64 or more; containers go there once the rest is full. */
const smallestShared = 26
const serviceShare = 4

export function isForServices(subnet: string, address: string): boolean {
  const range = parseRange(subnet)!
  const size = sizeOf(range)
  return range.length <= smallestShared && parseAddress(address)! >= range.base + size - size / serviceShare
}

/**
 * A free address for a service, or undefined where there is none. The search starts at a place made from `seed`, so that
 * a service which is made again gets the same one.
 */
export function serviceAddress(
  {subnet, gateway}: {readonly subnet: string; readonly gateway: string},
  seed: string,
  isTaken: (address: string) => boolean,
): string | undefined {
  const range = parseRange(subnet)!
  if (range.length > smallestShared) return undefined
  const room = sizeOf(range) / serviceShare
  const first = range.base + sizeOf(range) - room
  const start = Number.parseInt(sha256(seed).slice(0, 8), 16) % room
  for (let step = 0; step < room; step++) {
    const address = formatAddress(first + ((start + step) % room))
    if (isUsable(subnet, gateway, address) && !isTaken(address)) return address
  }
  return undefined
}

/** Locally administered, made from the address: it changes only with it. */
export const macOf = (address: string): string =>
  ['02', '42', ...address.split('.').map(each => Number(each).toString(16).padStart(2, '0'))].join(':')

/** Of a bridge that has no address, by its name; containers' begin otherwise. */
export const furtherMacOf = (name: string): string =>
  `02:44:${sha256(name)
    .slice(0, 8)
    .replace(/..(?=.)/g, '$&:')}`

/** A unique local /64 of IPv6, made from the network's id. */
export function subnet6Of(id: string): string {
  const digits = sha256(id)
  return `fd${digits.slice(0, 2)}:${digits.slice(2, 6)}:${digits.slice(6, 10)}:${digits.slice(10, 14)}::/64`
}

/** The IPv6 address that belongs to an IPv4 one, as the kernel writes it: its bytes at the end of the /64. */
export function address6Of(subnet6: string, address: string): string {
  const number = parseAddress(address)!
  const [high, low] = [Math.floor(number / 65536), number % 65536].map(each => each.toString(16))
  return new URL(`http://[${subnet6.slice(0, subnet6.indexOf('::'))}::${high}:${low}]`).hostname.slice(1, -1)
}
