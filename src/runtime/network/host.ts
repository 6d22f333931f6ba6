import {readdir, readFile, writeFile} from 'node:fs/promises'
import {errnoOf} from '../../base/error.ts'
import {readSmall} from '../../base/file.ts'
import {native} from '../../native/binding.ts'
import {hostResolvers} from './resolvers.ts'

const sysctl = (name: string): string => `/proc/sys/net/${name}`

/** A range in use, and what uses it, as in "the route 10.0.0.0/8 via 10.1.0.1 dev eth0". */
export type Occupied = {readonly range: string; readonly by: string}

/** Ranges that containers must not get: where this host is, what it routes to, and whom it asks. */
export async function occupiedRanges(): Promise<Occupied[]> {
  const [routes, addresses, resolvers, links] = await Promise.all([
    native().listRoutes({}),
    native().listAddresses({}),
    hostResolvers(),
    native().listLinks({}),
  ])
  const names = new Map(links.map(each => [each.index, each.name]))
  const at = (link: number) => (names.has(link) ? ` dev ${names.get(link)}` : '')
  return [
    ...routes.map(({destination, gateway, link}) => ({
      range: destination,
      by: `the route ${destination}${gateway === '' ? '' : ` via ${gateway}`}${at(link)}`,
    })),
    ...addresses.map(({address, link}) => ({range: address, by: `the address ${address}${at(link)}`})),
    ...resolvers.servers.map(server => ({range: server, by: `the name server ${server}`})),
  ]
}

/** Of the interface that leads outside, so that no packet needs to be cut there. */
export async function uplinkMtu(): Promise<number> {
  const [routes, links] = await Promise.all([native().listRoutes({}), native().listLinks({})])
  const uplink = routes.find(each => each.destination === '0.0.0.0/0')?.link
  return links.find(each => each.index === uplink)?.mtu ?? 1500
}

/** Of one interface: a small read, where a list of all links grows with the number of containers. */
export async function mtuOfLink(name: string): Promise<number> {
  const text = readSmall(`/sys/class/net/${name}/mtu`)
  return text === undefined ? uplinkMtu() : Number(text)
}

export async function enableForwarding({ipv6}: {readonly ipv6: boolean}): Promise<void> {
  await set('ipv4/ip_forward', '1')
  if (!ipv6 || (await get('ipv6/conf/all/forwarding')) === '1') return
  // A router ignores advertisements unless told otherwise: the host would lose its own default route.
  for (const link of await readdir(sysctl('ipv6/conf'))) {
    if ((await get(`ipv6/conf/${link}/accept_ra`)) === '1') await set(`ipv6/conf/${link}/accept_ra`, '2')
  }
  await set('ipv6/conf/all/forwarding', '1')
}

const limits: ReadonlyArray<readonly [file: string, least: number]> = [
  ...['ipv4', 'ipv6'].flatMap(family => [
    [`${family}/neigh/default/gc_thresh1`, 4096] as const,
    [`${family}/neigh/default/gc_thresh2`, 16_384] as const,
    [`${family}/neigh/default/gc_thresh3`, 32_768] as const,
  ]),
  ['core/netdev_max_backlog', 32_768],
]

/**
 * The kernel has one table of neighbours for all namespaces: with its 1024 entries containers cannot be reached any more
 * at some five hundred. And who asks a bridge of a thousand ports for an address fills a processor's backlog of 1000
 * packets, so that the answer is dropped. Never lowered; only the first network namespace has the files.
 */
export async function allowThousands(): Promise<void> {
  for (const [file, least] of limits) {
    const now = readSmall(sysctl(file))
    if (now !== undefined && Number(now) < least) await writeFile(sysctl(file), String(least)).catch(ignoreReadOnly)
  }
}

/** As in a container, where the host must have set it. */
function ignoreReadOnly(error: unknown): void {
  if (!['EROFS', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
}

/** Lets connections to 127.0.0.1 be sent on into this bridge; the rules drop what comes the other way. */
export const allowLocalhost = (bridge: string): Promise<void> => set(`ipv4/conf/${bridge}/route_localnet`, '1')

async function set(name: string, value: string): Promise<void> {
  if ((await get(name)) !== value) await writeFile(sysctl(name), value)
}

const get = async (name: string): Promise<string> => (await readFile(sysctl(name), 'utf8')).trim()
