import type {Endpoint, NetworkRecord} from '../../model/network.ts'
import type {Lease} from './leases.ts'

/** One link to make: an endpoint and its network. */
export type Wire = {readonly endpoint: Endpoint; readonly network: NetworkRecord; readonly defaultRoute: boolean}

/** The links of a container; the first whose network leads outside has the default route. */
export function wiresOf({endpoints}: Lease, find: (network: string) => NetworkRecord | undefined): readonly Wire[] {
  const wires = endpoints.flatMap(endpoint => {
    const network = find(endpoint.network)
    return network === undefined ? [] : [{endpoint, network}]
  })
  const outward = wires.find(each => !each.network.internal)
  return wires.map(each => ({...each, defaultRoute: each === outward}))
}
