import type {HostConfig} from '../../model/container.ts'
import {securityOptions} from './security.ts'

/** What a container must not see of the kernel: files become empty, directories too; a missing one is skipped. */
export const maskedPaths: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]

/** What it may read but not change. */
export const readOnlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
]

type Hidden = {readonly masked: readonly string[]; readonly readOnly: readonly string[]}

/** What is hidden and protected: as asked, else the usual; nothing of a privileged container's. */
export function hiddenPaths({
  privileged,
  securityOpt,
  maskedPaths: masked,
  readOnlyPaths: readOnly,
}: HostConfig): Hidden {
  const {systemPaths, unmask} = securityOptions(securityOpt)
  if (privileged || systemPaths === 'unconfined') return {masked: [], readOnly: []}
  const isHidden = (path: string) => !unmask.includes(path)
  return {masked: (masked ?? maskedPaths).filter(isHidden), readOnly: (readOnly ?? readOnlyPaths).filter(isHidden)}
}

export type DeviceNode = {
  readonly path: string
  readonly type: 'c' | 'b'
  readonly major: number
  readonly minor: number
  readonly mode: number
  /** root, where not said. */
  readonly uid?: number
  readonly gid?: number
}

const open = (name: string, major: number, minor: number): DeviceNode => ({
  path: `/dev/${name}`,
  type: 'c',
  major,
  minor,
  mode: 0o666,
})

export const defaultDevices: readonly DeviceNode[] = [
  open('null', 1, 3),
  open('zero', 1, 5),
  open('full', 1, 7),
  open('random', 1, 8),
  open('urandom', 1, 9),
  open('tty', 5, 0),
]

/** Lines of a version 1 device cgroup: any node may be made, these may be opened (ptmx, pts and console too). */
export const deviceRules: readonly string[] = [
  'c *:* m',
  'b *:* m',
  ...defaultDevices.map(({type, major, minor}) => `${type} ${major}:${minor} rwm`),
  'c 5:1 rwm',
  'c 5:2 rwm',
  'c 136:* rwm',
]

export const deviceLinks: ReadonlyArray<readonly [target: string, path: string]> = [
  ['/proc/self/fd', '/dev/fd'],
  ['/proc/self/fd/0', '/dev/stdin'],
  ['/proc/self/fd/1', '/dev/stdout'],
  ['/proc/self/fd/2', '/dev/stderr'],
  ['pts/ptmx', '/dev/ptmx'],
]

/** Mounts of kernel file systems, in order; a mount of the user's at the same target takes the place of ours. */
export type KernelMount = {
  readonly type: string
  readonly target: string
  readonly flags: string
  readonly data: string
}

/** Without /dev/shm where that is not its own. */
export const kernelMounts = ({shmSize, privileged, ipcMode}: HostConfig): readonly KernelMount[] =>
  everyMount(shmSize, privileged).filter(each => each.target !== '/dev/shm' || hasOwnShm(ipcMode))

const hasOwnShm = (ipcMode: HostConfig['ipcMode']): boolean =>
  ipcMode === undefined || ipcMode === 'private' || ipcMode === 'shareable'

const everyMount = (shmSize: number, isPrivileged: boolean): readonly KernelMount[] => [
  {type: 'proc', target: '/proc', flags: 'nosuid,noexec,nodev', data: ''},
  {type: 'tmpfs', target: '/dev', flags: 'nosuid,strictatime', data: 'mode=755,size=65536k'},
  {
    type: 'devpts',
    target: '/dev/pts',
    flags: 'nosuid,noexec',
    data: 'newinstance,ptmxmode=0666,mode=0620,gid=5',
  },
  {type: 'tmpfs', target: '/dev/shm', flags: 'nosuid,noexec,nodev', data: `mode=1777,size=${shmSize}`},
  {type: 'mqueue', target: '/dev/mqueue', flags: 'nosuid,noexec,nodev', data: ''},
  {type: 'sysfs', target: '/sys', flags: isPrivileged ? 'nosuid,noexec,nodev' : 'ro,nosuid,noexec,nodev', data: ''},
]
