import {StackError} from '../../base/error.ts'

/** In the kernel's order: a name's index is its number. */
const names =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
  SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`.split(/\s+/)

/** What a container has unless it says otherwise: Docker's fourteen. */
const defaults = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
]

/** A set of capabilities as the kernel writes it. */
export type CapabilityMask = bigint

export const everyCapability: CapabilityMask = (1n << BigInt(names.length)) - 1n
export const defaultCapabilities: CapabilityMask = maskOf(defaults)

/** `privileged`: everything; else the defaults (all or none where ALL is added or dropped), plus added, minus dropped. */
export function capabilitiesOf(host: {
  readonly privileged: boolean
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
}): CapabilityMask {
  if (host.privileged) return everyCapability
  const added = host.capAdd.map(plain)
  const dropped = host.capDrop.map(plain)
  const drop = maskOf(dropped.filter(each => each !== 'ALL'))
  if (added.includes('ALL')) return everyCapability & ~drop
  const base = dropped.includes('ALL') ? 0n : defaultCapabilities & ~drop
  return base | maskOf(added)
}

export const hasCapability = (mask: CapabilityMask, name: string): boolean => (mask & maskOf([name])) !== 0n

/** Sixteen hexadecimal digits, as in /proc/PID/status. */
export const hexOf = (mask: CapabilityMask): string => mask.toString(16).padStart(16, '0')

/** A kernel older than our table has fewer; `lastCap` is the content of /proc/sys/kernel/cap_last_cap. */
export const knownTo = (lastCap: number, mask: CapabilityMask): CapabilityMask =>
  mask & ((1n << BigInt(lastCap + 1)) - 1n)

function maskOf(list: readonly string[]): CapabilityMask {
  return list.reduce((mask, name) => mask | (1n << BigInt(numberOf(name))), 0n)
}

function numberOf(name: string): number {
  const index = names.indexOf(plain(name))
  if (index >= 0) return index
  throw new StackError('bad-request', `unknown capability "${name}"`, {
    hint: 'use a name of capabilities(7), such as NET_ADMIN, or ALL',
  })
}

function plain(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '')
}
