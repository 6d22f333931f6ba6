import {randomBytes} from 'node:crypto'
import {StackError} from '../../base/error.ts'
import type {NetworkRecord} from '../../model/network.ts'
import type {NetworkOptions} from '../runtime.ts'
import {chooseSubnet, gatewayOf, subnet6Of} from './addresses.ts'
import {options as bridgeOptions} from './bridge.ts'
import {contains, formatRange, overlap, parseAddress, parseRange} from './cidr.ts'
import {bridgeName} from './names.ts'

/** `taken`: networks of ours; `occupied`: what the host itself uses. */
export type Surroundings = {readonly taken: readonly NetworkRecord[]; readonly occupied: readonly string[]}

/** Fills in what was not asked for. Nothing is made yet. */
export function designNetwork(asked: NetworkOptions, {taken, occupied}: Surroundings): NetworkRecord {
  checkDriver(asked)
  if (taken.some(each => each.name === asked.name)) {
    throw new StackError('conflict', `network with name ${asked.name} already exists`)
  }
  const id = randomBytes(32).toString('hex')
  const subnet = subnetOf(asked, taken, occupied)
  const {name, driver, options, internal, attachable, enableIpv6, labels} = asked
  const record = {id, name, created: Date.now(), driver, options, internal, attachable, enableIpv6, labels}
  const bridge = options[bridgeOptions.bridge] ?? bridgeName(id)
  checkBridge(bridge, taken)
  const subnet6 = enableIpv6 ? (isIpv6(asked.subnet) ? asked.subnet! : subnet6Of(id)) : undefined
  const gateway6 = subnet6 && `${subnet6.slice(0, subnet6.indexOf('::'))}::1`
  return {
    ...record,
    subnet,
    gateway: gatewayIn(subnet, asked),
    bridge,
    ...(subnet6 && gateway6 ? {subnet6, gateway6} : {}),
  }
}

const isIpv6 = (subnet: string | undefined): boolean => subnet?.includes(':') ?? false

function checkDriver({name, driver, options, subnet, enableIpv6}: NetworkOptions): void {
  if (driver !== 'bridge') {
    throw new StackError('unsupported', `network "${name}": driver "${driver}" is not supported, only "bridge" is`)
  }
  const mtu = options[bridgeOptions.mtu]
  if (mtu !== undefined && !(Number(mtu) >= 68 && Number(mtu) <= 65535)) {
    throw new StackError(
      'bad-request',
      `network "${name}": ${bridgeOptions.mtu} "${mtu}" is not a number from 68 to 65535`,
    )
  }
  if (isIpv6(subnet) && !(enableIpv6 && /^[\da-f:]+::\/64$/i.test(subnet ?? ''))) {
    throw new StackError(
      'unsupported',
      `network "${name}": subnet ${subnet} is not a /64 of a network with IPv6 enabled`,
    )
  }
}

function subnetOf(
  {name, subnet}: NetworkOptions,
  taken: readonly NetworkRecord[],
  occupied: readonly string[],
): string {
  const ours = taken.map(each => each.subnet)
  if (subnet === undefined || isIpv6(subnet)) {
    const chosen = chooseSubnet(name, [...occupied, ...ours])
    if (chosen !== undefined) return chosen
    throw new StackError('network-failed', `no subnet is free for network "${name}"`, {
      hint: 'give it one in the file: ipam.config.subnet',
    })
  }
  const range = parseRange(subnet)
  if (range === undefined || range.length < 8 || range.length > 30) {
    throw new StackError(
      'bad-request',
      `network "${name}": subnet ${subnet} is not a range of addresses from /8 to /30`,
    )
  }
  const rival = taken.find(each => overlap(parseRange(each.subnet)!, range))
  if (rival)
    throw new StackError('conflict', `network "${name}": subnet ${subnet} overlaps that of network "${rival.name}"`)
  const used = occupied.map(parseRange).find(each => each !== undefined && each.length > 0 && overlap(each, range))
  if (used)
    throw new StackError('conflict', `network "${name}": subnet ${subnet} overlaps ${formatRange(used)} of this host`)
  return formatRange(range)
}

function gatewayIn(subnet: string, {name, gateway}: NetworkOptions): string {
  if (gateway === undefined || isIpv6(gateway)) return gatewayOf(subnet)
  const address = parseAddress(gateway)
  if (address !== undefined && contains(parseRange(subnet)!, address)) return gateway
  throw new StackError('bad-request', `network "${name}": gateway ${gateway} is not in its subnet ${subnet}`)
}

function checkBridge(bridge: string, taken: readonly NetworkRecord[]): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(bridge)) {
    throw new StackError(
      'bad-request',
      `"${bridge}" is no name for a bridge: 15 letters, digits, "_", "." or "-" at most`,
    )
  }
  const rival = taken.find(each => each.bridge === bridge)
  if (rival) throw new StackError('conflict', `bridge ${bridge} is that of network "${rival.name}"`)
}
