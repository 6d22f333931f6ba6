import {randomBytes} from 'node:crypto'
import {isIPv6} from 'node:net'
import {StackError} from '../../base/error.ts'
import type {NetworkRecord} from '../../model/network.ts'
import type {NetworkOptions} from '../runtime.ts'
import {chooseSubnet, gatewayOf, subnet6Of} from './addresses.ts'
import {options as bridgeOptions} from './bridge.ts'
import {contains, formatRange, overlap, parseAddress, parseRange, type Range} from './cidr.ts'
import type {Occupied} from './host.ts'
import {bridgeName} from './names.ts'

/** `taken`: networks of ours; `occupied`: what the host itself uses. */
export type Surroundings = {readonly taken: readonly NetworkRecord[]; readonly occupied: readonly Occupied[]}

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
  const gateway = gatewayIn(subnet, asked)
  return {
    ...record,
    subnet,
    gateway,
    bridge,
    ...poolOf(subnet, asked),
    ...(enableIpv6 ? ipv6Of(id, asked) : {}),
  }
}

function checkDriver({name, driver, options, subnet6, enableIpv6}: NetworkOptions): void {
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
  if (subnet6 !== undefined && !(enableIpv6 && /^[\da-f:]+::\/64$/i.test(subnet6))) {
    throw new StackError(
      'unsupported',
      `network "${name}": subnet ${subnet6} is not a /64 of a network with IPv6 enabled`,
    )
  }
}

function ipv6Of(id: string, {name, subnet6 = subnet6Of(id), gateway6}: NetworkOptions) {
  const prefix = `${subnet6.slice(0, subnet6.indexOf('::'))}::`
  if (gateway6 !== undefined && !(isIPv6(gateway6) && gateway6.toLowerCase().startsWith(prefix.toLowerCase()))) {
    throw new StackError('bad-request', `network "${name}": gateway ${gateway6} is not in its subnet ${subnet6}`)
  }
  return {subnet6, gateway6: gateway6 ?? `${prefix}1`}
}

/** Where addresses come from, and which ones do not. */
function poolOf(subnet: string, {name, range, aux = {}}: NetworkOptions) {
  const whole = parseRange(subnet)!
  const part = range === undefined ? undefined : parseRange(range)
  if (range !== undefined && (part === undefined || part.length < whole.length || !contains(whole, part.base))) {
    throw new StackError('bad-request', `network "${name}": ip_range ${range} is not in its subnet ${subnet}`)
  }
  for (const [owner, address] of Object.entries(aux)) {
    const number = parseAddress(address)
    if (number !== undefined && contains(whole, number)) continue
    throw new StackError(
      'bad-request',
      `network "${name}": address ${address} of "${owner}" in aux_addresses is not in its subnet ${subnet}`,
    )
  }
  return {
    ...(part === undefined ? {} : {range: formatRange(part)}),
    ...(Object.keys(aux).length === 0 ? {} : {aux}),
  }
}

function subnetOf(
  {name, subnet}: NetworkOptions,
  taken: readonly NetworkRecord[],
  occupied: readonly Occupied[],
): string {
  const ours = taken.map(each => each.subnet)
  if (subnet === undefined) {
    const chosen = chooseSubnet(name, [...occupied.map(each => each.range), ...ours])
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
  const used = occupied.find(each => isUsed(parseRange(each.range), range))
  if (used) throw new StackError('conflict', `network "${name}": subnet ${subnet} overlaps ${used.by} of this host`)
  return formatRange(range)
}

/** The default route is in nobody's way. */
const isUsed = (used: Range | undefined, range: Range): boolean =>
  used !== undefined && used.length > 0 && overlap(used, range)

function gatewayIn(subnet: string, {name, gateway}: NetworkOptions): string {
  if (gateway === undefined) return gatewayOf(subnet)
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
