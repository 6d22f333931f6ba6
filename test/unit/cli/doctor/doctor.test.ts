import {expect, test} from 'vitest'
import {renderFindings} from '../../../../src/cli/commands/doctor.ts'
import {examine, isUnfit} from '../../../../src/cli/doctor/checks.ts'
import type {Host} from '../../../../src/cli/doctor/finding.ts'
import {createStyle} from '../../../../src/ui/style.ts'

const everything: Readonly<Record<string, string>> = {
  '/proc/self/status': 'Name:\tnode\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n',
  '/proc/sys/kernel/osrelease': '6.1.0-18-amd64\n',
  '/proc/filesystems': 'nodev\tsysfs\nnodev\toverlay\n\text4\n',
  '/proc/sys/net/ipv4/ip_forward': '1\n',
  '/proc/config.gz': 'CONFIG_VETH=m\nCONFIG_BRIDGE=y\nCONFIG_NF_TABLES=m\nCONFIG_CGROUP_BPF=y\nCONFIG_NET_SCH_TBF=m\n',
  '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n',
  '/build/stack.node': '',
  '/build/stack-monitor': '',
  ...Object.fromEntries(['mnt', 'net', 'pid', 'uts', 'ipc', 'cgroup'].map(name => [`/proc/self/ns/${name}`, ''])),
}

/** A host with these files; undefined takes one away from the host that has everything. */
function host(changes: Readonly<Record<string, string | undefined>> = {}, more: Partial<Host> = {}): Host {
  const files = {...everything, ...changes}
  return {
    read: path => files[path],
    exists: path =>
      Object.keys(files).some(each => files[each] !== undefined && (each === path || each.startsWith(`${path}/`))),
    canWrite: () => true,
    find: program => `/usr/sbin/${program}`,
    run: () => '',
    nodeVersion: '20.20.2',
    buildDirectory: '/build',
    stateDirectory: '/var/lib/stack',
    runDirectory: '/run/stack',
    ...more,
  }
}

const missing = (on: Host) =>
  examine(on)
    .filter(({state}) => state !== 'ok')
    .map(({name, state}) => `${name}: ${state}`)

test('a host that has everything lacks nothing', () => {
  expect(missing(host())).toEqual([])
  expect(isUnfit(examine(host()))).toBe(false)
})

test.each<[string, Record<string, string | undefined>, string, boolean]>([
  ['no root', {'/proc/self/status': 'CapEff:\t0000000000000000\nSeccomp:\t0\n'}, 'privileges: missing', true],
  ['an old kernel', {'/proc/sys/kernel/osrelease': '4.19.0\n'}, 'kernel: missing', true],
  ['a kernel between', {'/proc/sys/kernel/osrelease': '5.4.0-generic\n'}, 'kernel: missing', true],
  ['no pid namespaces', {'/proc/self/ns/pid': undefined}, 'namespaces: missing', true],
  ['no overlay', {'/proc/filesystems': 'nodev\tsysfs\n'}, 'overlay file system: missing', true],
  ['no seccomp', {'/proc/self/status': 'CapEff:\t000001ffffffffff\n'}, 'seccomp: missing', false],
  ['no veth', {'/proc/config.gz': 'CONFIG_BRIDGE=y\nCONFIG_NF_TABLES=m\nCONFIG_CGROUP_BPF=y\n'}, 'veth: missing', true],
  [
    'no token bucket',
    {'/proc/config.gz': 'CONFIG_VETH=m\nCONFIG_BRIDGE=y\nCONFIG_NF_TABLES=m\nCONFIG_CGROUP_BPF=y\n'},
    'token bucket filter: missing',
    false,
  ],
  ['a silent kernel', {'/proc/config.gz': undefined}, 'bridge: unknown', false],
  [
    'no memory controller',
    {'/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu pids\n'},
    'memory controller: missing',
    false,
  ],
  ['no cgroups', {'/sys/fs/cgroup/cgroup.controllers': undefined}, 'control groups: missing', true],
  ['a kernel that cannot refuse', {'/proc/sys/kernel/osrelease': '5.15.0\n'}, 'addresses of services: missing', false],
  ['nothing built', {'/build/stack.node': undefined}, 'native addon: missing', true],
])('%s', (_, changes, expected, unfit) => {
  const broken = host(changes)
  expect(missing(broken)).toContain(expected)
  expect(isUnfit(examine(broken))).toBe(unfit)
})

test('root without CAP_SYS_RESOURCE can run containers', () => {
  const lacking = host({'/proc/self/status': 'CapEff:\t000001fffeffffff\nSeccomp:\t0\n'})
  expect(missing(lacking)).toEqual(['raising limits: missing'])
  expect(isUnfit(examine(lacking))).toBe(false)
})

test('version 1 of control groups is looked for where the controllers are mounted', () => {
  const old = host({
    '/sys/fs/cgroup/cgroup.controllers': undefined,
    '/sys/fs/cgroup/memory/tasks': '',
    '/sys/fs/cgroup/pids/tasks': '',
    '/sys/fs/cgroup/cpu/tasks': '',
  })
  expect(missing(old)).toEqual(['cpuset controller: missing', 'addresses of services: missing'])
  const hybrid = host({'/proc/self/mounts': 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n'})
  expect(missing(hybrid)).toEqual([])
  expect(examine(old).find(({name}) => name === 'control groups')?.detail).toBe('version 1')
})

test('a kernel without its settings is asked for its modules', () => {
  const release = '/lib/modules/6.1.0-18-amd64'
  const modular = host({
    '/proc/config.gz': undefined,
    [`${release}/modules.dep`]: 'kernel/net/bridge/bridge.ko.xz:\nkernel/drivers/net/veth.ko:\n',
  })
  expect(missing(modular)).toEqual([
    'nftables in the kernel: missing',
    'token bucket filter: missing',
    'BPF for control groups: unknown',
  ])
})

test('without nft nothing can be published; without apt only apt:// is gone', () => {
  const bare = host({}, {find: () => undefined})
  expect(missing(bare)).toEqual(['nft: missing', 'apt-get: missing', 'dpkg-deb: missing'])
  expect(isUnfit(examine(bare))).toBe(true)
})

test('what is missing is said with how to get it', () => {
  const text = renderFindings(examine(host({}, {canWrite: path => path !== '/run/stack'})), createStyle(false))
  expect(text).toContain('missing  run directory           /run/stack\n')
  expect(text).toContain('try: make /run/stack writable, or set STACK_RUN_DIR to another place')
  expect(text).toContain('this machine cannot run containers yet: run directory')
})
