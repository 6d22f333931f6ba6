import {readlink, writeFile} from 'node:fs/promises'
import {basename} from 'node:path'
import {errnoOf, within} from '../../base/error.ts'
import type {NetworkRecord} from '../../model/network.ts'
import {native} from '../../native/binding.ts'
import {furtherMacOf} from './addresses.ts'
import {alias, asNetworkError, ensureBridge, removeLink} from './bridge.ts'
import {mtuOfLink} from './host.ts'
import {bridgeLinkNames, furtherBridgeName} from './names.ts'

/** The kernel gives a bridge 1023 ports; those that are left are for links to other bridges. */
export const containersPerBridge = 1000
const linksPerBridge = 20

/** The first of a network's bridges that is not full, by number. */
export function bridgeWithRoom(containersOn: (bridge: number) => number, most: number): number {
  let number = 0
  while (containersOn(number) >= most) number++
  return number
}

/** A tree: no frame has two ways, so that nothing must look for loops. */
export const bridgeAbove = (number: number): number => Math.floor((number - 1) / linksPerBridge)

export const bridgeOf = (network: NetworkRecord, number = 0): string =>
  number === 0 ? network.bridge : furtherBridgeName(network.id, number)

/** Bridges of networks: the first, which is the gateway, and further ones below it when it is full. */
export class Bridges {
  readonly #changed: () => Promise<void>
  readonly #further = new Map<string, Map<number, Promise<void>>>()

  /** `changed` is waited for when a bridge has been added. */
  constructor(changed: () => Promise<void>) {
    this.#changed = changed
  }

  /** Names of the further ones. */
  further(network: NetworkRecord): string[] {
    return [...(this.#further.get(network.id)?.keys() ?? [])].map(number => bridgeOf(network, number))
  }

  /** Waits for one that is being made; who finds it missing in the kernel calls `ensure`. */
  async ready(network: NetworkRecord, number = 0): Promise<void> {
    if (number > 0) await (this.#further.get(network.id)?.get(number) ?? this.ensure(network, number))
  }

  async ensure(network: NetworkRecord, number = 0): Promise<void> {
    if (number === 0) return ensureBridge(network)
    const known = this.#further.get(network.id) ?? new Map<number, Promise<void>>()
    this.#further.set(network.id, known)
    const making = this.#make(network, number)
    known.set(number, making)
    try {
      await making
    } catch (error) {
      known.delete(number)
      throw error
    }
  }

  /** All of them again, and the links between them, after somebody deleted some. */
  async renew(network: NetworkRecord): Promise<void> {
    const numbers = [...(this.#further.get(network.id)?.keys() ?? [])].sort((a, b) => a - b)
    for (const number of [0, ...numbers]) await this.ensure(network, number)
  }

  forget(network: NetworkRecord): void {
    this.#further.delete(network.id)
  }

  async #make(network: NetworkRecord, number: number): Promise<void> {
    await this.ready(network, bridgeAbove(number))
    await within(`add a bridge to network "${network.name}"`, () => makeFurther(network, number))
    await this.#changed()
  }
}

async function makeFurther(network: NetworkRecord, number: number): Promise<void> {
  const name = bridgeOf(network, number)
  const above = bridgeOf(network, bridgeAbove(number))
  const mtu = await mtuOfLink(network.bridge)
  const label = alias(`stack network ${network.name}, bridge ${number + 1}`)
  const {up, down} = bridgeLinkNames(network.id, number)
  await unlessThere(native().createBridge({name, alias: label, mac: furtherMacOf(name), mtu, addresses: []}))
  // The addresses of the first bridge are this host's too: only that one answers for them.
  await writeFile(`/proc/sys/net/ipv4/conf/${name}/arp_ignore`, '8')
  // After somebody deleted a bridge its end of the link hangs nowhere.
  if ((await masterOf(up)) === name && (await masterOf(down)) === above) return
  await removeLink(up)
  await unlessThere(native().linkBridges({name: up, bridge: name, peer: down, peerBridge: above, alias: label, mtu}))
}

const masterOf = (link: string): Promise<string | undefined> =>
  readlink(`/sys/class/net/${link}/master`).then(basename, () => undefined)

async function unlessThere(making: Promise<void>): Promise<void> {
  try {
    await making
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw asNetworkError(error)
  }
}
