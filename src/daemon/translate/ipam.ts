import {StackError} from '../../base/error.ts'
import type {NetworkRecord} from '../../model/network.ts'
import type {NetworkOptions} from '../../runtime/runtime.ts'

/** One range of `IPAM.Config`. */
export type RangeBody = {
  readonly Subnet?: string
  readonly Gateway?: string
  readonly IPRange?: string
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>> | null
}

type Ranges = Pick<NetworkOptions, 'subnet' | 'gateway' | 'range' | 'aux' | 'subnet6' | 'gateway6'>

const isIpv6 = ({Subnet = '', Gateway = ''}: RangeBody): boolean => (Subnet || Gateway).includes(':')

/** A network has one range of each family. */
export function rangesOf(name: string, config: readonly RangeBody[]): Ranges {
  const [four, ...more] = config.filter(each => !isIpv6(each))
  const [six, ...more6] = config.filter(isIpv6)
  if (more.length + more6.length > 0) {
    throw new StackError('unsupported', `network "${name}": more than one range of the same family`, {
      hint: 'give it one subnet of IPv4 and one of IPv6, or make two networks',
    })
  }
  if (six?.IPRange || Object.keys(six?.AuxiliaryAddresses ?? {}).length > 0) {
    throw new StackError('unsupported', `network "${name}": ip_range and aux_addresses are of IPv4 only`, {
      hint: 'the IPv6 address of a container follows from its IPv4 address',
    })
  }
  const aux = Object.keys(four?.AuxiliaryAddresses ?? {}).length > 0 ? four?.AuxiliaryAddresses : undefined
  return {
    ...(four?.Subnet ? {subnet: four.Subnet} : {}),
    ...(four?.Gateway ? {gateway: four.Gateway} : {}),
    ...(four?.IPRange ? {range: four.IPRange} : {}),
    ...(aux ? {aux} : {}),
    ...(six?.Subnet ? {subnet6: six.Subnet} : {}),
    ...(six?.Gateway ? {gateway6: six.Gateway} : {}),
  }
}

export function rangeBodies({subnet, gateway, range, aux, subnet6, gateway6}: NetworkRecord): RangeBody[] {
  const four = {
    Subnet: subnet,
    Gateway: gateway,
    ...(range === undefined ? {} : {IPRange: range}),
    ...(aux === undefined ? {} : {AuxiliaryAddresses: aux}),
  }
  if (subnet6 === undefined) return [four]
  return [four, {Subnet: subnet6, ...(gateway6 === undefined ? {} : {Gateway: gateway6})}]
}
