import type {Endpoint, NetworkRecord} from '../../model/network.ts'
import {native} from '../../native/binding.ts'
import {removeLink} from './bridge.ts'

/** Removes links that hang on no bridge, since somebody deleted it: attaching makes them anew. */
export async function repairLinks(endpoints: readonly Endpoint[], networks: readonly NetworkRecord[]): Promise<void> {
  const links = await native().listLinks({})
  for (const {link, network} of endpoints) {
    const bridge = networks.find(each => each.id === network)?.bridge
    const master = links.find(each => each.name === bridge)?.index
    const found = links.find(each => each.name === link)
    if (found !== undefined && found.master !== master) await removeLink(link)
  }
}
