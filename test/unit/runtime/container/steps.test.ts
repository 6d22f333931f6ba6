import {expect, test} from 'vitest'
import type {ContainerRecord} from '../../../../src/model/container.ts'
import {defaultCapabilities, everyCapability} from '../../../../src/runtime/container/capabilities.ts'
import {containerSteps, processSteps, type StepFacts} from '../../../../src/runtime/container/steps.ts'
import {pathsOf} from '../../../../src/runtime/paths.ts'
import {record} from './record.ts'

const facts = (changes: Partial<StepFacts> = {}): StepFacts => ({
  paths: pathsOf({state: '/s', run: '/r'}).container(record().id),
  overlays: [{target: '/', layers: ['/layers/b', '/layers/a'], upper: '/upper', work: '/work'}],
  sources: {volume: name => `/volumes/${name}`, file: index => `/files/${index}`},
  user: {uid: 0, gid: 0, groups: [], home: '/root'},
  capabilities: defaultCapabilities,
  seccomp: '/seccomp.bpf',
  apparmor: undefined,
  shared: {netns: '/r/netns/c0ffee0000000000', joined: [], shm: undefined},
  cgroup: {
    version: 2,
    directories: ['/cg/stack/c0ffee'],
    oomFile: '/cg/stack/c0ffee/memory.events',
    trees: [{name: '', directory: '/cg/stack/c0ffee'}],
  },
  apiDirectory: '/r/api',
  networkFiles: '/c',
  devices: [],
  wake: {lock: 'stack-wake', command: ['/bin/stack', 'daemon']},
  hold: false,
  ...changes,
})

const rendered = (container: ContainerRecord, changes: Partial<StepFacts> = {}): string[] =>
  containerSteps(container, facts(changes)).map(step => step.map(word => (word === '' ? "''" : word)).join(' '))

const differing = (container: ContainerRecord, changes: Partial<StepFacts> = {}): string[] => {
  const plain = rendered(record())
  const other = rendered(container, changes)
  return [
    ...plain.filter(line => !other.includes(line)).map(line => `- ${line}`),
    ...other.filter(line => !plain.includes(line)).map(line => `+ ${line}`),
  ]
}

test('a container with nothing special about it', async () => {
  await expect(`${rendered(record()).join('\n')}\n`).toMatchFileSnapshot('steps.golden.txt')
})

test('a privileged one sees and may do everything', async () => {
  const container = record({host: {privileged: true}})
  const devices = [{path: '/dev/sda', type: 'b', major: 8, minor: 0, mode: 0o660}] as const
  const text = differing(container, {capabilities: everyCapability, seccomp: undefined, devices}).join('\n')
  await expect(`${text}\n`).toMatchFileSnapshot('steps.privileged.golden.txt')
})

test('version 1 shows its cgroups tree by tree, read-only', () => {
  const cgroup = {
    version: 1,
    directories: ['/v1/memory/c', '/v1/cpu/c'],
    oomFile: undefined,
    trees: [
      {name: 'memory', directory: '/v1/memory/c'},
      {name: 'cpu', directory: '/v1/cpu/c'},
    ],
  } as const
  expect(differing(record(), {cgroup})).toEqual([
    '- cgroup /cg/stack/c0ffee',
    '- oom-file /cg/stack/c0ffee/memory.events',
    '- bind /cg/stack/c0ffee /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime',
    '- root-nodev',
    '+ cgroup /v1/memory/c',
    '+ cgroup /v1/cpu/c',
    '+ mount tmpfs /sys/fs/cgroup tmpfs nosuid,nodev,noexec mode=755,size=64k',
    '+ bind /v1/memory/c /sys/fs/cgroup/memory ro,nosuid,nodev,noexec,relatime',
    '+ bind /v1/cpu/c /sys/fs/cgroup/cpu ro,nosuid,nodev,noexec,relatime',
    '+ readonly /sys/fs/cgroup',
  ])
})

test('a further overlay is mounted over the root, in order', () => {
  const overlays = [...facts().overlays, {target: '/usr', layers: ['/usr'], upper: '/u1', work: '/w1'}]
  expect(differing(record(), {overlays})).toEqual(['+ overlay /usr /u1 /w1 /usr'])
})

test('who is not root has no effective capabilities', () => {
  const user = {uid: 33, gid: 34, groups: [4, 101], home: '/var/www'}
  expect(differing(record(), {user})).toEqual([
    '- capabilities 00000000a80425fb 00000000a80425fb',
    "- user 0 0 ''",
    '- env HOME=/root',
    '+ capabilities 00000000a80425fb 0000000000000000',
    '+ user 33 34 4,101',
    '+ env HOME=/var/www',
  ])
})

test('everything that a service can ask for', () => {
  const container = record({
    config: {
      hostname: 'box',
      domainname: 'example.org',
      tty: true,
      openStdin: true,
      stdinOnce: true,
      env: ['PATH=/bin', 'A=1', 'TERM=dumb'],
      entrypoint: ['/entry', '-x'],
      cmd: ['serve'],
      workingDir: '/srv',
    },
    host: {
      init: true,
      readOnlyRootfs: true,
      securityOpt: ['no-new-privileges:true'],
      sysctls: {'net.core.somaxconn': '100'},
      ulimits: {nofile: {soft: 10, hard: 20}},
      resources: {oomScoreAdj: 500},
      shmSize: 1024,
    },
  })
  expect(differing(container, {hold: true, shared: {...facts().shared, netns: undefined}})).toMatchInlineSnapshot(`
    [
      "- stdin null",
      "- join net /r/netns/c0ffee0000000000",
      "- mount tmpfs /dev/shm tmpfs nosuid,noexec,nodev mode=1777,size=67108864",
      "- hostname c0ffee000000",
      "- cwd /",
      "- env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "- env HOSTNAME=c0ffee000000",
      "- exec /bin/true",
      "+ stdin once",
      "+ tty 24 80",
      "+ hold",
      "+ mount tmpfs /dev/shm tmpfs nosuid,noexec,nodev mode=1777,size=1024",
      "+ hostname box",
      "+ domainname example.org",
      "+ sysctl net.core.somaxconn 100",
      "+ mkdir /srv 0755 0 0",
      "+ root-readonly",
      "+ rlimit nofile 10 20",
      "+ oom-score-adj 500",
      "+ no-new-privileges",
      "+ cwd /srv",
      "+ env PATH=/bin",
      "+ env HOSTNAME=box",
      "+ env TERM=dumb",
      "+ env A=1",
      "+ init",
      "+ exec /entry -x serve",
    ]
  `)
})

test('mounts come by depth, in place of ours where they have the same target', () => {
  const container = record({
    mounts: [
      {
        type: 'volume',
        name: 'data',
        anonymous: false,
        target: '/data/inner',
        readOnly: true,
        nocopy: false,
        subpath: 'a/b',
      },
      {type: 'bind', source: '/home/me', target: '/data', readOnly: false, propagation: 'rslave'},
      {type: 'tmpfs', target: '/dev/shm', size: 1024, mode: 0o700, options: 'exec,uid=5'},
      {type: 'file', index: 0, target: '/run/secrets/key', uid: 0, gid: 0, mode: 0o444},
      {type: 'bind', source: '/home/hosts', target: '/etc/hosts', readOnly: true},
    ],
  })
  expect(differing(container)).toMatchInlineSnapshot(`
    [
      "- propagation private",
      "- mount tmpfs /dev/shm tmpfs nosuid,noexec,nodev mode=1777,size=67108864",
      "- bind /c/hosts /etc/hosts private",
      "+ propagation slave",
      "+ bind /home/me /data rec,slave",
      "+ bind /volumes/data/a/b /data/inner rec,ro,private",
      "+ mount tmpfs /dev/shm tmpfs nosuid,nodev uid=5,size=1024,mode=0700",
      "+ bind /home/hosts /etc/hosts rec,ro,private",
      "+ bind /files/0 /run/secrets/key ro",
    ]
  `)
})

test('what leads out of a volume, or what we cannot do, is refused', () => {
  const volume = {type: 'volume', name: 'data', anonymous: false, target: '/d', readOnly: true, nocopy: false} as const
  expect(() => rendered(record({mounts: [{...volume, subpath: '../other'}]}))).toThrow('leads out of the volume')
  const bind = {type: 'bind', source: '/a', target: '/b', readOnly: false, propagation: 'rshared'} as const
  expect(() => rendered(record({mounts: [bind]}))).toThrow('propagation "rshared" is not supported')
  expect(() => rendered(record({host: {securityOpt: ['seccomp=/profile']}}))).toThrow('is not supported')
})

test('only sysctls of the container’s own namespaces can be set, and those of the network not on the host’s', () => {
  const of = (name: string, networkMode: 'none' | 'host' = 'none') =>
    rendered(record({host: {sysctls: {[name]: '1'}, networkMode}}))
  expect(of('net.ipv4.ip_forward')).toContain('sysctl net.ipv4.ip_forward 1')
  expect(of('kernel.shmmax')).toContain('sysctl kernel.shmmax 1')
  expect(of('fs.mqueue.msg_max', 'host')).toContain('sysctl fs.mqueue.msg_max 1')
  for (const name of ['kernel.panic', 'vm.swappiness', 'net.../../kernel.panic', 'net/../kernel/panic']) {
    expect(() => of(name), name).toThrow('cannot be set for a container')
  }
  expect(() => of('net.ipv4.ip_forward', 'host')).toThrow('network of the host')
})

test('masks and read-only paths come after the last mount', () => {
  const lines = rendered(record({mounts: [{type: 'bind', source: '/x', target: '/proc/x', readOnly: false}]}))
  const last = lines.findLastIndex(line => /^(mount|bind|overlay|sysctl) /.test(line))
  const first = lines.findIndex(line => /^(mask|readonly) \/proc/.test(line))
  expect(first).toBeGreaterThan(last)
})

test('a program that joins gets the process part only', () => {
  const steps = processSteps(record({host: {init: true}}), facts(), {
    command: ['id'],
    env: ['B=2'],
    workingDir: '/tmp',
    isExec: true,
  })
  expect(steps.map(step => step.join(' '))).toMatchInlineSnapshot(`
    [
      "seccomp /seccomp.bpf",
      "capabilities 00000000a80425fb 00000000a80425fb",
      "user 0 0 ",
      "cwd /tmp",
      "env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "env HOSTNAME=c0ffee000000",
      "env B=2",
      "env HOME=/root",
      "exec id",
    ]
  `)
})
