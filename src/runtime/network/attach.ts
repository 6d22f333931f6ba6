import {errnoOf, within} from '../../base/error.ts'
import {Rollback} from '../../base/rollback.ts'
import {native, type VethOptions} from '../../native/binding.ts'
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
  for (const {network, endpoint} of wires) await bridges.ready(network, endpoint.bridge)
  let isWhole = false
  if (!pins.has(netns)) {
    const links = await Promise.all(wires.map(wire => vethOf(name, wire)))
    isWhole = await undo.do(
      () => pins.make(netns, links),
      () => pins.remove(netns),
    )
  }
  const present = isWhole ? [] : await native().listLinks({netns})
  for (const wire of wires) {
    if (present.some(each => each.mac === wire.endpoint.mac)) continue
    const attaching = `attach "${name}" to network "${wire.network.name}"`
    const connecting = isWhole ? Promise.resolve() : within(attaching, () => connect({netns, name, bridges}, wire))
    await undo.do(connecting, () => removeLink(wire.endpoint.link))
    await within(attaching, () => shape(netns, wire))
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
  await repairing(async () => native().createVeth({...(await vethOf(name, wire)), netns}), repairs)
}

async function shape(netns: string, {network, endpoint}: Wire): Promise<void> {
  if (endpoint.rates !== undefined) await shapeEndpoint(endpoint, netns, await mtuOfLink(network.bridge))
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

async function vethOf(name: string, {endpoint, network, bridge, defaultRoute}: Wire): Promise<VethOptions> {
  const {address, address6, prefixLength, gateway} = endpoint
  const with6 = address6 !== undefined && network.gateway6 !== undefined
  return {
    name: endpoint.link,
    alias: alias(`${name} on ${network.name}`),
    bridge,
    peer: endpoint.interface,
    mac: endpoint.mac,
    mtu: await mtuOfLink(network.bridge),
    // With bridge netfilter a packet for the container's own published port is turned round within the bridge.
    hairpin: true,
    addresses: [`${address}/${prefixLength}`, ...(with6 ? [`${address6}/64`] : []), ...(endpoint.moreAddresses ?? [])],
    routes: defaultRoute
      ? [{destination: '0.0.0.0/0', gateway}, ...(with6 ? [{destination: '::/0', gateway: network.gateway6!}] : [])]
      : [],
  }
}
