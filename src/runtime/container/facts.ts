import {lstatSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {ContainerRecord} from '../../model/container.ts'
import type {Image} from '../../model/image.ts'
import type {Paths} from '../paths.ts'
import {type CapabilityMask, capabilitiesOf, knownTo} from './capabilities.ts'
import type {CgroupDirectories} from './cgroup/layout.ts'
import {rootView} from './layers.ts'
import {type DeviceNode, defaultDevices} from './masks.ts'
import {readFrom} from './root-view.ts'
import type {SeccompStore} from './seccomp/store.ts'
import {securityOptions} from './security.ts'
import type {CgroupFacts} from './steps.ts'
import {type ResolvedUser, resolveUser} from './user.ts'

/** Who a program runs as, by the container's own /etc/passwd and /etc/group. */
export function userOf(paths: Paths, record: ContainerRecord, image: Image, spec: string): ResolvedUser {
  const view = rootView(paths.container(record.id), image)
  const accounts = {passwd: readFrom(view, '/etc/passwd'), group: readFrom(view, '/etc/group')}
  return resolveUser(spec, record.host.groupAdd, accounts)
}

/** What the container asks for, as far as this kernel knows it. */
export function capabilitiesHere(host: Parameters<typeof capabilitiesOf>[0]): CapabilityMask {
  lastCapability ??= Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'))
  return knownTo(lastCapability, capabilitiesOf(host))
}
let lastCapability: number | undefined

/** Path of the filter; a privileged or unconfined container has none. */
export async function seccompOf(
  store: SeccompStore,
  {host}: ContainerRecord,
  options: {readonly capabilities: CapabilityMask; readonly cgroupVersion: 1 | 2},
): Promise<string | undefined> {
  if (host.privileged || securityOptions(host.securityOpt).seccomp === 'unconfined') return undefined
  // In version 1 the devices cgroup decides what can be opened; in version 2 nothing does, so no node may be made.
  return store.pathOf({capabilities: options.capabilities, mayMakeDevices: options.cgroupVersion === 1})
}

export function cgroupFacts(directories: CgroupDirectories | undefined): CgroupFacts {
  if (directories === undefined) return {version: 1, directories: [], oomFile: undefined, trees: []}
  const {version, all, common, oomFile, trees} = directories
  return {version, directories: common === undefined ? all : [...all, common], oomFile, trees}
}

/** Made in any case, or not the host's to give. */
const ours = new Set([...defaultDevices.map(each => each.path), '/dev/console', '/dev/ptmx'])

/** Nodes of the host's /dev, for a privileged container; what lives in file systems of its own is left out. */
export function hostDevices(): DeviceNode[] {
  return readdirSync('/dev').flatMap(name => {
    const path = join('/dev', name)
    const stats = lstatSync(path, {throwIfNoEntry: false})
    if (stats === undefined || !(stats.isCharacterDevice() || stats.isBlockDevice())) return []
    const {major, minor} = numbersOf(stats.rdev)
    const type = stats.isBlockDevice() ? 'b' : 'c'
    return ours.has(path) ? [] : [{path, type, major, minor, mode: stats.mode & 0o777} as const]
  })
}

/** As glibc's makedev packs them. */
export function numbersOf(device: number): {readonly major: number; readonly minor: number} {
  const low = device % 2 ** 32
  return {
    major: ((low >>> 8) & 0xfff) | (Math.floor(device / 2 ** 32) & ~0xfff),
    minor: (low & 0xff) | ((low >>> 12) & 0xfff00),
  }
}
