import {existsSync, readFileSync} from 'node:fs'
import type {ContainerRecord} from '../../model/container.ts'
import type {Image} from '../../model/image.ts'
import type {Paths} from '../paths.ts'
import {type CapabilityMask, capabilitiesOf, knownTo} from './capabilities.ts'
import {needsDeviceRules} from './cgroup/device-rules.ts'
import type {CgroupDirectories} from './cgroup/layout.ts'
import {imageView, rootView} from './layers.ts'
import {type RootView, readFrom} from './root-view.ts'
import type {SeccompStore} from './seccomp/store.ts'
import {securityOptions} from './security.ts'
import type {CgroupFacts} from './steps.ts'
import {type Accounts, type ResolvedUser, resolveUser} from './user.ts'

/** Who a program runs as, by the container's own /etc/passwd and /etc/group. */
export function userOf(paths: Paths, record: ContainerRecord, image: Image, spec: string): ResolvedUser {
  return resolveUser(spec, record.host.groupAdd, accountsOf(paths.container(record.id), image))
}

/** Where the container has put nothing into /etc it has its image's, which never change. */
function accountsOf(paths: ReturnType<Paths['container']>, image: Image): Accounts {
  if (existsSync(`${paths.upper}/etc`) || image.overlays.length > 0) return accountsIn(rootView(paths, image))
  const accounts = imageAccounts.get(image) ?? accountsIn(imageView(image))
  imageAccounts.set(image, accounts)
  return accounts
}
const imageAccounts = new WeakMap<Image, Accounts>()

const accountsIn = (view: RootView): Accounts => ({
  passwd: readFrom(view, '/etc/passwd'),
  group: readFrom(view, '/etc/group'),
})

/** What the container asks for, as far as this kernel knows it. */
export function capabilitiesHere(host: Parameters<typeof capabilitiesOf>[0]): CapabilityMask {
  lastCapability ??= Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'))
  return knownTo(lastCapability, capabilitiesOf(host))
}
let lastCapability: number | undefined

/** Path of the filter; an unconfined container has none, a privileged one only a filter of its own. */
export async function seccompOf(
  store: SeccompStore,
  {host}: ContainerRecord,
  options: {readonly capabilities: CapabilityMask; readonly cgroupVersion: 1 | 2},
): Promise<string | undefined> {
  const {seccomp} = securityOptions(host.securityOpt)
  if (typeof seccomp === 'object') return store.pathOfProfile(seccomp.profile, options.capabilities)
  if (host.privileged || seccomp === 'unconfined') return undefined
  // Where rules about devices are certain to hold, it is they that decide what can be opened; else no node may be made.
  const mayMakeDevices = options.cgroupVersion === 1 || needsDeviceRules(host.resources)
  return store.pathOf({capabilities: options.capabilities, mayMakeDevices})
}

export function cgroupFacts(directories: CgroupDirectories | undefined): CgroupFacts {
  if (directories === undefined) return {version: 1, directories: [], oomFile: undefined, trees: []}
  const {version, all, common, oomFile, trees} = directories
  return {version, directories: common === undefined ? all : [...all, common], oomFile, trees}
}
