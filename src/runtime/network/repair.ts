import type {Endpoint, NetworkRecord} from '../../model/network.ts'
import {native} from '../../native/binding.ts'
import {attachEndpoints, isPinned} from './attach.ts'
import {removeLink} from './bridge.ts'
import type {Lease} from './leases.ts'
import type {Wire} from './wires.ts'

/**
 * Removes links that hang on another bridge than theirs, since somebody deleted it: attaching makes them anew. Gives
 * those that are as they should be: with one end here the other is in its container.
 */
export async function removeStrays(
  endpoints: Iterable<Endpoint>,
  networks: readonly NetworkRecord[],
): Promise<ReadonlySet<string>> {
  const whole = new Set<string>()
  const links = await native().listLinks({})
  const byName = new Map(links.map(each => [each.name, each]))
  const bridges = new Map(networks.map(each => [each.id, byName.get(each.bridge)?.index]))
  for (const {link, network} of endpoints) {
    const found = byName.get(link)
    if (found === undefined) continue
    if (found.master === bridges.get(network)) whole.add(link)
    else await removeLink(link)
  }
  return whole
}

export type Plugging = {
  readonly networks: readonly NetworkRecord[]
  readonly netns: (container: string) => string
  readonly wires: (lease: Lease) => readonly Wire[]
  readonly warn: (doing: string, error: unknown) => void
}

/** Connects containers to a network whose bridge is another one than before. */
export async function plugAgain(
  leases: readonly Lease[],
  {id}: NetworkRecord,
  {networks, netns, wires, warn}: Plugging,
): Promise<void> {
  const here = leases.filter(each => each.endpoints.some(at => at.network === id))
  await removeStrays(
    here.flatMap(each => each.endpoints.filter(at => at.network === id)),
    networks,
  )
  for (const lease of here) {
    const place = netns(lease.container)
    if (!isPinned(place)) continue
    const failed = (error: unknown) => warn(`connect "${lease.name}" again`, error)
    await attachEndpoints({netns: place, name: lease.name, wires: wires(lease), warn: failed}).catch(failed)
  }
}

/** Removes every link that still hangs on a bridge. */
export async function removePorts(bridge: string): Promise<void> {
  const links = await native().listLinks({})
  const master = links.find(each => each.name === bridge)?.index
  if (master === undefined) return
  await Promise.all(links.filter(each => each.master === master).map(each => removeLink(each.name)))
}
