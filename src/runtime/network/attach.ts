import {errnoOf, within} from '../../base/error.ts'
import {Rollback} from '../../base/rollback.ts'
import {native} from '../../native/binding.ts'
import {alias, asNetworkError, removeLink} from './bridge.ts'
import type {Bridges} from './bridges.ts'
import {mtuOfLink} from './host.ts'
import type {Pins} from './pins.ts'
import {shapeEndpoint} from './shaping.ts'
import type {Wire} from './wires.ts'

export type Attachment = {
  readonly netns: string
  /** As people call the container. */
  readonly name: string
  readonly wires: readonly Wire[]
  readonly bridges: Bridges
  readonly pins: Pins
  readonly warn: (error: unknown) => void
}

/** Makes the namespace and its links, or what is missing of them. A failure leaves what was there before. */
export async function attachEndpoints({netns, name, wires, bridges, pins, warn}: Attachment): Promise<void> {
  await using undo = new Rollback(warn)
  const present = pins.has(netns) ? await native().listLinks({netns}) : undefined
  if (present === undefined) {
    await undo.do(
      () => pins.make(netns),
      () => pins.remove(netns),
    )
  }
  for (const wire of wires) {
    await bridges.ready(wire.network, wire.endpoint.bridge)
    if (present?.some(each => each.mac === wire.endpoint.mac)) continue
    const attaching = `attach "${name}" to network "${wire.network.name}"`
    await undo.do(
      () => within(attaching, () => connect({netns, name, bridges}, wire)),
      () => removeLink(wire.endpoint.link),
    )
  }
  undo.keep()
}

type Connecting = Pick<Attachment, 'netns' | 'name' | 'bridges'>

/** One link. In its way may be its own remains, or that somebody deleted the bridge. */
async function connect({netns, name, bridges}: Connecting, wire: Wire): Promise<void> {
  const {network, endpoint} = wire
  const repairs: Repairs = {
    EEXIST: () => removeLink(endpoint.link),
    ENODEV: () => bridges.ensure(network, endpoint.bridge),
  }
  await repairing(() => createVeth(netns, name, wire), repairs)
  if (endpoint.rates === undefined) return
  try {
    await shapeEndpoint(endpoint, netns, await mtuOfLink(network.bridge))
  } catch (error) {
    await removeLink(endpoint.link)
    throw error
  }
}

/** What to do about an errno before trying once more. */
type Repairs = Readonly<Record<string, () => Promise<unknown>>>

async function repairing(action: () => Promise<void>, repairs: Repairs): Promise<void> {
  try {
    await action()
  } catch (error) {
    const repair = repairs[errnoOf(error) ?? '']
    if (repair === undefined) throw asNetworkError(error)
    await repair()
    await action().catch(again => Promise.reject(asNetworkError(again)))
  }
}

async function createVeth(netns: string, name: string, {endpoint, network, bridge, defaultRoute}: Wire): Promise<void> {
  const {address, address6, prefixLength, gateway} = endpoint
  const with6 = address6 !== undefined && network.gateway6 !== undefined
  await native().createVeth({
    name: endpoint.link,
    alias: alias(`${name} on ${network.name}`),
    bridge,
    netns,
    peer: endpoint.interface,
    mac: endpoint.mac,
    mtu: await mtuOfLink(network.bridge),
    // With bridge netfilter a packet for the container's own published port is turned round within the bridge.
    hairpin: true,
    addresses: [`${address}/${prefixLength}`, ...(with6 ? [`${address6}/64`] : []), ...(endpoint.moreAddresses ?? [])],
    routes: defaultRoute
      ? [{destination: '0.0.0.0/0', gateway}, ...(with6 ? [{destination: '::/0', gateway: network.gateway6!}] : [])]
      : [],
  })
}
