import {leastRate, parseRate} from '../../base/rate.ts'
import type {ServiceCheck} from './check.ts'

/** Rates that mean something, of a service that has networks of its own. */
export const checkNetworkLimits: ServiceCheck = (name, service, {tell}) => {
  const limits = service['x-network-limits']
  if (limits == null) return
  const at = ['services', name, 'x-network-limits']
  const mode = service.network_mode ?? 'bridge'
  if (mode !== 'bridge') {
    tell('conflict', at, {
      message: `services.${name} has both network_mode ${mode} and x-network-limits`,
      hint: 'rates are limited on the links to networks: join one',
    })
  }
  for (const way of ['egress', 'ingress'] as const) {
    const text = limits[way]
    if (text == null || (parseRate(text) ?? 0) >= leastRate) continue
    tell('bad-value', [...at, way], {
      message: `services.${name}.x-network-limits.${way}: "${text}" is less than 8kbit`,
      hint: 'bit counts bits and bps bytes, with k, m, g or t in front: 10mbit, 1mbps',
    })
  }
}
