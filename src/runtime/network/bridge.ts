import {errnoOf, StackError, within} from '../../base/error.ts'
import type {NetworkRecord} from '../../model/network.ts'
import {native} from '../../native/binding.ts'
import {macOf} from './addresses.ts'
import {allowLocalhost, allowThousands, enableForwarding, uplinkMtu} from './host.ts'

/** Of names in Docker's own words: files written for it bring them along. */
export const options = {mtu: 'com.docker.network.driver.mtu', bridge: 'com.docker.network.bridge.name'} as const

/** Makes the network's bridge, or finds it there. */
export function ensureBridge(network: NetworkRecord): Promise<void> {
  return within(`make the bridge of network "${network.name}"`, async () => {
    await enableForwarding({ipv6: network.enableIpv6})
    await allowThousands()
    try {
      await native().createBridge({
        name: network.bridge,
        alias: alias(`stack network ${network.name}`),
        mac: macOf(network.gateway),
        mtu: await mtuOf(network),
        addresses: addresses(network),
      })
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw asNetworkError(error)
    }
    await allowLocalhost(network.bridge)
  })
}

/** Gone already is a success. */
export async function removeLink(name: string): Promise<void> {
  try {
    await native().deleteLink({name})
  } catch (error) {
    if (errnoOf(error) !== 'ENODEV') throw asNetworkError(error)
  }
}

async function mtuOf({options: given}: NetworkRecord): Promise<number> {
  const asked = given[options.mtu]
  return asked === undefined ? uplinkMtu() : Number(asked)
}

/** The kernel keeps 255 bytes of an alias. */
export const alias = (text: string): string => Buffer.from(text).subarray(0, 255).toString()

const hints: Readonly<Record<string, string>> = {
  EPERM: 'networks need root',
  EXFULL: 'others have ports on the bridge, which holds 1023: spread the services over several networks',
}

/** The native layer's message says all that its error does: it becomes ours, not its cause. */
export function asNetworkError(cause: unknown): StackError {
  if (cause instanceof StackError) return cause
  const errno = errnoOf(cause)
  if (errno === undefined || !(cause instanceof Error)) return new StackError('network-failed', String(cause), {cause})
  const hint = hints[errno]
  return new StackError('network-failed', cause.message, hint === undefined ? {} : {hint})
}

function addresses({subnet, gateway, subnet6, gateway6}: NetworkRecord): string[] {
  const with4 = [`${gateway}/${subnet.split('/')[1]}`]
  return subnet6 === undefined ? with4 : [...with4, `${gateway6}/${subnet6.split('/')[1]}`]
}
