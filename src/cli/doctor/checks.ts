import {privileges} from './capabilities.ts'
import {controlGroups} from './cgroups.ts'
import type {Check, Finding, Host} from './finding.ts'
import {firewalls} from './firewall.ts'
import {
  bpf,
  forwarding,
  kernelNamespaces,
  kernelVersion,
  networking,
  networkLimits,
  overlay,
  seccomp,
} from './kernel.ts'
import {directories, nativeParts, node, tools} from './programs.ts'
import {serviceAddresses} from './services.ts'

/** All checks, in the order in which they are shown. */
const checks: readonly Check[] = [
  privileges,
  kernelVersion,
  kernelNamespaces,
  overlay,
  seccomp,
  controlGroups,
  networking,
  networkLimits,
  forwarding,
  firewalls,
  bpf,
  serviceAddresses,
  tools,
  node,
  nativeParts,
  directories,
]

export const examine = (host: Host): Finding[] => checks.flatMap(check => check(host))

/** Whether something is missing without which nothing can be started. */
export const isUnfit = (findings: readonly Finding[]): boolean =>
  findings.some(({state, essential}) => essential && state === 'missing')
