import type {Endpoint, NetworkRecord} from '../../model/network.ts'
import {bridgeOf} from './bridges.ts'
import type {Lease} from './leases.ts'

/** One link to make: an endpoint and its network. */
export type Wire = {
  readonly endpoint: Endpoint
  readonly network: NetworkRecord
  /** The interface. */
  readonly bridge: string
  readonly defaultRoute: boolean
}

/** The links of a container. Of those whose network leads outside the one of the highest priority has the default route. */
export function wiresOf({endpoints}: Lease, find: (network: string) => NetworkRecord | undefined): readonly Wire[] {
  const wires = endpoints.flatMap(endpoint => {
    const network = find(endpoint.network)
    return network === undefined ? [] : [{endpoint, network, bridge: bridgeOf(network, endpoint.bridge)}]
  })
  const [outward] = wires.filter(each => !each.network.internal).sort((a, b) => priorityOf(b) - priorityOf(a))
  return wires.map(each => ({...each, defaultRoute: each === outward}))
}

const priorityOf = ({endpoint}: {readonly endpoint: Endpoint}): number => endpoint.gatewayPriority ?? 0
