import type {Endpoint, NetworkRecord} from '../../model/network.ts'
import {native} from '../../native/binding.ts'
import {removeLink} from './bridge.ts'

/** Removes links that hang on another bridge than theirs, since somebody deleted it: attaching makes them anew. */
export async function removeStrays(endpoints: Iterable<Endpoint>, networks: readonly NetworkRecord[]): Promise<void> {
  const links = await native().listLinks({})
  const byName = new Map(links.map(each => [each.name, each]))
  const bridges = new Map(networks.map(each => [each.id, byName.get(each.bridge)?.index]))
  for (const {link, network} of endpoints) {
    const found = byName.get(link)
    if (found !== undefined && found.master !== bridges.get(network)) await removeLink(link)
  }
}

/** Removes every link that still hangs on a bridge. */
export async function removePorts(bridge: string): Promise<void> {
  const links = await native().listLinks({})
  const master = links.find(each => each.name === bridge)?.index
  if (master === undefined) return
  await Promise.all(links.filter(each => each.master === master).map(each => removeLink(each.name)))
}
