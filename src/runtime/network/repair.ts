import type {NetworkRecord} from '../../model/network.ts'
import {native} from '../../native/binding.ts'
import {attachEndpoints} from './attach.ts'
import {removeLink} from './bridge.ts'
import type {Bridges} from './bridges.ts'
import type {Lease} from './leases.ts'
import {furtherPrefix} from './names.ts'
import type {Pins} from './pins.ts'
import type {Wire} from './wires.ts'

/**
 * Removes links that hang on another bridge than theirs, since somebody deleted it: attaching makes them anew. Gives
 * those that are as they should be: with one end here the other is in its container.
 */
export async function removeStrays(wires: Iterable<Wire>): Promise<ReadonlySet<string>> {
  const whole = new Set<string>()
  const links = await native().listLinks({})
  const byName = new Map(links.map(each => [each.name, each]))
  for (const {endpoint, bridge} of wires) {
    const found = byName.get(endpoint.link)
    if (found === undefined) continue
    if (found.master === byName.get(bridge)?.index) whole.add(endpoint.link)
    else await removeLink(endpoint.link)
  }
  return whole
}

export type Plugging = {
  readonly bridges: Bridges
  readonly pins: Pins
  readonly netns: (container: string) => string
  readonly wires: (lease: Lease) => readonly Wire[]
  readonly warn: (doing: string, error: unknown) => void
}

/** Connects containers to a network whose bridge is another one than before. */
export async function plugAgain(
  leases: readonly Lease[],
  {id}: NetworkRecord,
  {bridges, pins, netns, wires, warn}: Plugging,
): Promise<void> {
  const here = leases.filter(each => each.endpoints.some(at => at.network === id))
  await removeStrays(here.flatMap(wires).filter(({network}) => network.id === id))
  for (const lease of here) {
    const place = netns(lease.container)
    if (!pins.has(place)) continue
    const failed = (error: unknown) => warn(`connect "${lease.name}" again`, error)
    const attachment = {netns: place, name: lease.name, wires: wires(lease), bridges, pins, warn: failed}
    await attachEndpoints(attachment).catch(failed)
  }
}

/** Removes all of a network's bridges, and every link that still hangs on them. */
export async function removeBridges(network: NetworkRecord): Promise<void> {
  const links = await native().listLinks({})
  const bridges = links.filter(({name, kind}) => kind === 'bridge' && isOf(network, name))
  const masters = new Set(bridges.map(each => each.index))
  await Promise.all(links.filter(each => masters.has(each.master)).map(each => removeLink(each.name)))
  await Promise.all(bridges.map(each => removeLink(each.name)))
}

const furtherLength = 15
const isOf = ({id, bridge}: NetworkRecord, name: string): boolean =>
  name === bridge || (name.length === furtherLength && name.startsWith(furtherPrefix(id)))
