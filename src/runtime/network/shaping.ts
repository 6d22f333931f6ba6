import {errnoOf, StackError} from '../../base/error.ts'
import type {Endpoint} from '../../model/network.ts'
import {native} from '../../native/binding.ts'
import {asNetworkError} from './bridge.ts'

/** What may be sent at once: as much as 10 ms hold, and never less than a few of the largest packets. */
export const burstOf = (rate: number, mtu: number): number =>
  Math.min(Math.max(Math.ceil(rate / 100), 16 * 1024, 4 * mtu), 64 * 1024 ** 2)

/** What waits, beside a burst: as much as is sent within 100 ms. */
const queueOf = (rate: number, burst: number): number => Math.min(burst + Math.ceil(rate / 10), 2 ** 31)

/** Limits both directions of a link: what the container sends at its end, what it gets at the host's. */
export async function shapeEndpoint({link, interface: inner, rates}: Endpoint, netns: string, mtu: number) {
  const shape = (rate: number) => ({rate, burst: burstOf(rate, mtu), queue: queueOf(rate, burstOf(rate, mtu))})
  const {egress, ingress} = rates ?? {}
  try {
    if (ingress !== undefined) await native().shapeLink({name: link, ...shape(ingress)})
    if (egress !== undefined) await native().shapeLink({netns, name: inner, ...shape(egress)})
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw asNetworkError(error)
    throw new StackError('unsupported', 'this kernel cannot limit the rate of a link', {
      hint: 'modprobe sch_tbf, or a kernel with CONFIG_NET_SCH_TBF; else leave x-network-limits away',
    })
  }
}
