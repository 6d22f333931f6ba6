import type {ContainerRecord} from '../../model/container.ts'
import type {MonitorStep} from '../monitor/program.ts'
import type {Paths} from '../paths.ts'
import {apiSocketSteps} from './api-socket.ts'
import {type CapabilityMask, hexOf} from './capabilities.ts'
import {needsDeviceRules} from './cgroup/device-rules.ts'
import type {CgroupTree} from './cgroup/layout.ts'
import {environmentOf, hostnameOf} from './environment.ts'
import {type DeviceNode, defaultDevices, deviceLinks, hiddenPaths, kernelMounts} from './masks.ts'
import {type MountSources, mountSteps} from './mounts.ts'
import {namespaceSteps, type SharedFacts, sharedMemory} from './namespaces.ts'
import {securityOptions} from './security.ts'
import {sysctlSteps} from './sysctls.ts'
import type {ResolvedUser} from './user.ts'

/** Everything that is not in the record, found out before: with it, what a container may do is a pure function. */
export type StepFacts = {
  readonly paths: ReturnType<Paths['container']>
  /** Uppermost first; `target` '/' is the root, which comes first. */
  readonly overlays: readonly OverlayFacts[]
  readonly sources: MountSources
  readonly user: ResolvedUser
  readonly capabilities: CapabilityMask
  /** Path of the filter; undefined: unconfined. */
  readonly seccomp: string | undefined
  /** AppArmor's profile for the program. */
  readonly apparmor: string | undefined
  readonly shared: SharedFacts
  readonly cgroup: CgroupFacts
  /** Directory with the daemon's socket, for who is given it. */
  readonly apiDirectory: string
  /** Directory with resolv.conf, hosts and hostname. */
  readonly networkFiles: string
  /** Device nodes beyond the defaults: those asked for, and the host's for a privileged container. */
  readonly devices: readonly DeviceNode[]
  readonly wake: {readonly lock: string; readonly command: readonly string[]} | undefined
  readonly hold: boolean
  /** In addition to the container's, of this start alone. */
  readonly env?: readonly string[]
}
export type OverlayFacts = {
  readonly target: string
  readonly layers: readonly string[]
  readonly upper: string
  readonly work: string
}
export type CgroupFacts = {
  readonly version: 1 | 2
  readonly directories: readonly string[]
  readonly oomFile: string | undefined
  readonly trees: readonly CgroupTree[]
}

/** The whole life of a container, from the clone to the exec: what is mounted, masked, limited and dropped. */
export function containerSteps(record: ContainerRecord, facts: StepFacts): MonitorStep[] {
  return [
    ...monitorSteps(record, facts),
    ...namespaceSteps(record, facts.shared),
    ...rootSteps(record, facts),
    ...protectionSteps(record, facts.cgroup),
    ...processSteps(record, facts, {
      command: [...record.config.entrypoint, ...record.config.cmd],
      ...(facts.env === undefined ? {} : {env: facts.env}),
    }),
  ]
}

function monitorSteps({config, host}: ContainerRecord, {paths, cgroup, wake, hold}: StepFacts): MonitorStep[] {
  return [
    ...when(host.log.driver !== 'none', ['log', paths.log, String(host.log.maxSize), String(host.log.maxFiles)]),
    ['pid', paths.pid],
    ['exit', paths.exit],
    ['control', paths.control],
    ['stdin', config.openStdin ? (config.stdinOnce ? 'once' : 'open') : 'null'],
    ...when(config.tty, ['tty', '24', '80']),
    ...when(hold, ['hold']),
    ...cgroup.directories.map((directory): MonitorStep => ['cgroup', directory]),
    ...(cgroup.oomFile === undefined ? [] : [['oom-file', cgroup.oomFile] as const]),
    ...(wake === undefined ? [] : [['wake', wake.lock, ...wake.command] as const]),
  ]
}

function rootSteps(record: ContainerRecord, facts: StepFacts): MonitorStep[] {
  const {config, host, mounts} = record
  const taken = new Set(mounts.map(each => each.target))
  const kernel = kernelMounts(host).filter(each => !taken.has(each.target))
  return [
    ...facts.overlays.map(({target, upper, work, layers}): MonitorStep => ['overlay', target, upper, work, ...layers]),
    ...kernel.map(({type, target, flags, data}): MonitorStep => ['mount', type, target, type, flags, data]),
    ...(taken.has('/sys') || taken.has('/sys/fs/cgroup') ? [] : cgroupMounts(facts.cgroup, host)),
    ...(taken.has('/dev') ? [] : deviceSteps(facts.devices)),
    ...networkFiles(facts.networkFiles).filter(([, , target]) => !taken.has(target)),
    ...(taken.has('/dev/shm') || taken.has('/dev') ? [] : sharedMemory(facts.shared)),
    ...mountSteps(mounts, facts.sources),
    ...apiSocketSteps(host, facts.apiDirectory),
    ...when(host.utsMode === undefined, ['hostname', hostnameOf(record)]),
    ...when(host.utsMode === undefined && config.domainname !== '', ['domainname', config.domainname]),
    ...sysctlSteps(host),
    ...when(!['', '/'].includes(config.workingDir), ['mkdir', config.workingDir, '0755', '0', '0']),
  ]
}

/**
 * Its own alone are bound from the host's: a file system for each container would be looked through by whoever mounts the
 * next one. Who is in the host's namespace sees all.
 */
function cgroupMounts({version, trees}: CgroupFacts, {privileged, cgroupMode}: ContainerRecord['host']): MonitorStep[] {
  const at = '/sys/fs/cgroup'
  const flags = privileged ? 'nosuid,nodev,noexec,relatime' : 'ro,nosuid,nodev,noexec,relatime'
  const seesAll = cgroupMode === 'host'
  if (version === 2 && seesAll) return [['mount', 'cgroup', at, 'cgroup2', flags, '']]
  const shown = trees.map(({name, directory}): MonitorStep => {
    const target = name === '' ? at : `${at}/${name}`
    return seesAll ? ['mount', 'cgroup', target, 'cgroup', flags, name] : ['bind', directory, target, flags]
  })
  if (version === 2) return shown
  return [
    ['mount', 'tmpfs', at, 'tmpfs', 'nosuid,nodev,noexec', 'mode=755,size=64k'],
    ...shown,
    ...when(!privileged, ['readonly', at]),
  ]
}

/** One for each path: what is given takes the place of a default. */
function deviceSteps(more: readonly DeviceNode[]): MonitorStep[] {
  const byPath = new Map([...defaultDevices, ...more].map(each => [each.path, each] as const))
  return [
    ...[...byPath.values()].map(
      ({path, type, major, minor, mode, uid = 0, gid = 0}): MonitorStep => [
        'device',
        path,
        type,
        String(major),
        String(minor),
        mode.toString(8).padStart(4, '0'),
        String(uid),
        String(gid),
      ],
    ),
    ...deviceLinks
      .filter(([, path]) => !byPath.has(path))
      .map(([target, path]): MonitorStep => ['symlink', target, path]),
  ]
}

/** Names and servers are ours to write, so they are files of the container's directory. */
const networkFiles = (directory: string): Array<readonly ['bind', string, string, string]> => [
  ['bind', `${directory}/resolv.conf`, '/etc/resolv.conf', 'private'],
  ['bind', `${directory}/hosts`, '/etc/hosts', 'private'],
  ['bind', `${directory}/hostname`, '/etc/hostname', 'private'],
]

/** After the mounts, so that none of the user's can uncover what is masked. */
function protectionSteps({host}: ContainerRecord, cgroup: CgroupFacts): MonitorStep[] {
  const {masked, readOnly} = hiddenPaths(host)
  const isRuled = (cgroup.version === 1 && cgroup.directories.length > 0) || needsDeviceRules(host.resources)
  return [
    ...readOnly.map((path): MonitorStep => ['readonly', path]),
    ...masked.map((path): MonitorStep => ['mask', path]),
    ['root'],
    // An image may bring device nodes: where it is not certain that rules decide what can be opened, none can on the root.
    ...when(!host.privileged && !isRuled, ['root-nodev']),
    ...when(host.readOnlyRootfs, ['root-readonly']),
  ]
}

export type ProgramSteps = {
  readonly command: readonly string[]
  /** In addition to the container's. */
  readonly env?: readonly string[]
  readonly workingDir?: string
  readonly isExec?: boolean
}

/** From the limits to the exec: the same for the container's own program and for one that joins it later. */
export function processSteps(
  {config, host, ...rest}: ContainerRecord,
  {user, capabilities, seccomp, apparmor}: Pick<StepFacts, 'user' | 'capabilities' | 'seccomp' | 'apparmor'>,
  {command, env = [], workingDir = '', isExec = false}: ProgramSteps,
): MonitorStep[] {
  const {oomScoreAdj} = host.resources
  return [
    ...Object.entries(host.ulimits).map(
      ([name, {soft, hard}]): MonitorStep => ['rlimit', name, String(soft), String(hard)],
    ),
    ...when(oomScoreAdj !== undefined, ['oom-score-adj', String(oomScoreAdj)]),
    // Before no-new-privileges, which would keep it from having more rights than the monitor's.
    ...(apparmor === undefined ? [] : [['apparmor', apparmor] as const]),
    ...when(securityOptions(host.securityOpt).noNewPrivileges, ['no-new-privileges']),
    // Before the user, since the monitor keeps the privilege that loading it takes.
    ...(seccomp === undefined ? [] : [['seccomp', seccomp] as const]),
    ['capabilities', hexOf(capabilities), hexOf(user.uid === 0 ? capabilities : 0n)],
    ['user', String(user.uid), String(user.gid), user.groups.join(',')],
    ['cwd', workingDir || config.workingDir || '/'],
    ...environmentOf({config, host, ...rest}, user.home, env).map((each): MonitorStep => ['env', each]),
    ...when(host.init && !isExec, ['init']),
    ['exec', ...command],
  ]
}

const when = (condition: boolean, step: MonitorStep): MonitorStep[] => (condition ? [step] : [])
