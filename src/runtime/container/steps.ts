import type {ContainerRecord} from '../../model/container.ts'
import type {MonitorStep} from '../monitor/program.ts'
import type {Paths} from '../paths.ts'
import {type CapabilityMask, hexOf} from './capabilities.ts'
import {environmentOf, hostnameOf} from './environment.ts'
import {type DeviceNode, defaultDevices, deviceLinks, kernelMounts, maskedPaths, readOnlyPaths} from './masks.ts'
import {type MountSources, mountSteps} from './mounts.ts'
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
  /** Pinned network namespace to join; undefined: the host's. */
  readonly netns: string | undefined
  readonly cgroup: CgroupFacts
  /** Directory with resolv.conf, hosts and hostname. */
  readonly networkFiles: string
  /** Device nodes beyond the defaults: the host's, for a privileged container. */
  readonly devices: readonly DeviceNode[]
  readonly wake: {readonly lock: string; readonly command: readonly string[]} | undefined
  readonly hold: boolean
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
  /** Version 1: names of the trees that the container sees, such as `memory` or `cpu,cpuacct`. */
  readonly trees: readonly string[]
}

/** The whole life of a container, from the clone to the exec: what is mounted, masked, limited and dropped. */
export function containerSteps(record: ContainerRecord, facts: StepFacts): MonitorStep[] {
  return [
    ...monitorSteps(record, facts),
    ...namespaceSteps(record, facts),
    ...rootSteps(record, facts),
    ...protectionSteps(record, facts.cgroup),
    ...processSteps(record, facts, {command: [...record.config.entrypoint, ...record.config.cmd]}),
  ]
}

function monitorSteps({config, host}: ContainerRecord, {paths, cgroup, wake, hold}: StepFacts): MonitorStep[] {
  return [
    ['log', paths.log, String(host.log.maxSize), String(host.log.maxFiles)],
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

function namespaceSteps(record: ContainerRecord, {netns}: StepFacts): MonitorStep[] {
  const seesHost = record.mounts.some(each => each.type === 'bind' && /slave/.test(each.propagation ?? ''))
  return [
    ['namespaces', 'pid', 'mount', 'ipc', 'uts', 'cgroup'],
    ...(netns === undefined ? [] : [['join', 'net', netns] as const]),
    ['propagation', seesHost ? 'slave' : 'private'],
  ]
}

function rootSteps(record: ContainerRecord, facts: StepFacts): MonitorStep[] {
  const {config, host, mounts} = record
  const taken = new Set(mounts.map(each => each.target))
  const kernel = kernelMounts(host.shmSize, host.privileged).filter(each => !taken.has(each.target))
  return [
    ...facts.overlays.map(({target, upper, work, layers}): MonitorStep => ['overlay', target, upper, work, ...layers]),
    ...kernel.map(({type, target, flags, data}): MonitorStep => ['mount', type, target, type, flags, data]),
    ...(taken.has('/sys') || taken.has('/sys/fs/cgroup') ? [] : cgroupMounts(facts.cgroup, host.privileged)),
    ...(taken.has('/dev') ? [] : deviceSteps(facts.devices)),
    ...networkFiles(facts.networkFiles).filter(([, , target]) => !taken.has(target)),
    ...mountSteps(mounts, facts.sources),
    ['hostname', hostnameOf(record)],
    ...when(config.domainname !== '', ['domainname', config.domainname]),
    ...sysctlSteps(host),
    ...when(!['', '/'].includes(config.workingDir), ['mkdir', config.workingDir, '0755', '0', '0']),
  ]
}

function cgroupMounts({version, trees}: CgroupFacts, isPrivileged: boolean): MonitorStep[] {
  const at = '/sys/fs/cgroup'
  const flags = isPrivileged ? 'nosuid,nodev,noexec,relatime' : 'ro,nosuid,nodev,noexec,relatime'
  if (version === 2) return [['mount', 'cgroup', at, 'cgroup2', flags, '']]
  return [
    ['mount', 'tmpfs', at, 'tmpfs', 'nosuid,nodev,noexec', 'mode=755,size=64k'],
    ...trees.map((tree): MonitorStep => ['mount', 'cgroup', `${at}/${tree}`, 'cgroup', flags, tree]),
    ...when(!isPrivileged, ['readonly', at]),
  ]
}

function deviceSteps(more: readonly DeviceNode[]): MonitorStep[] {
  return [
    ...[...defaultDevices, ...more].map(
      ({path, type, major, minor, mode}): MonitorStep => [
        'device',
        path,
        type,
        String(major),
        String(minor),
        mode.toString(8).padStart(4, '0'),
        '0',
        '0',
      ],
    ),
    ...deviceLinks.map(([target, path]): MonitorStep => ['symlink', target, path]),
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
  const isOpen = host.privileged || securityOptions(host.securityOpt).systemPaths === 'unconfined'
  return [
    ...(isOpen ? [] : readOnlyPaths.map((path): MonitorStep => ['readonly', path])),
    ...(isOpen ? [] : maskedPaths.map((path): MonitorStep => ['mask', path])),
    ['root'],
    // An image may bring device nodes: where no devices cgroup decides what can be opened, none can on the root.
    ...when(!host.privileged && (cgroup.version === 2 || cgroup.directories.length === 0), ['root-nodev']),
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
  {user, capabilities, seccomp}: Pick<StepFacts, 'user' | 'capabilities' | 'seccomp'>,
  {command, env = [], workingDir = '', isExec = false}: ProgramSteps,
): MonitorStep[] {
  const {oomScoreAdj} = host.resources
  return [
    ...Object.entries(host.ulimits).map(
      ([name, {soft, hard}]): MonitorStep => ['rlimit', name, String(soft), String(hard)],
    ),
    ...when(oomScoreAdj !== undefined, ['oom-score-adj', String(oomScoreAdj)]),
    ...when(securityOptions(host.securityOpt).noNewPrivileges, ['no-new-privileges']),
    // Loaded before privileges are dropped, since without no-new-privileges it takes one of them.
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
