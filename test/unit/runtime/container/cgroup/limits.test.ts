import {expect, test} from 'vitest'
import {deviceRulesOf} from '../../../../../src/runtime/container/cgroup/device-rules.ts'
import {cgroupDirectories, cgroupLayout} from '../../../../../src/runtime/container/cgroup/layout.ts'
import {cgroupWrites, unhonoured} from '../../../../../src/runtime/container/cgroup/limits.ts'
import {hostCpu, interfaceCounters} from '../../../../../src/runtime/container/cgroup/usage.ts'
import {record} from '../record.ts'

const mib = 1 << 20
const none = {deviceRules: undefined, blockIo: undefined}
const lines = (version: 1 | 2, limits: Parameters<typeof cgroupWrites>[1]) =>
  cgroupWrites(version, limits, none).map(
    ({file, value, optional}) => `${file} ${value}${optional ? ' (optional)' : ''}`,
  )

const everything = {
  nanoCpus: 1.5e9,
  cpuShares: 512,
  cpuset: '0-1',
  memory: 64 * mib,
  memoryReservation: 32 * mib,
  memorySwap: 96 * mib,
  pids: 100,
}

test('limits in version 2', () => {
  expect(lines(2, everything)).toEqual([
    'memory.max 67108864',
    'memory.low 33554432',
    'memory.swap.max 33554432 (optional)',
    'cpu.max 150000 100000',
    'cpu.weight 20',
    'cpuset.cpus 0-1',
    'pids.max 100',
  ])
})

test('limits in version 1', () => {
  expect(lines(1, everything)).toEqual([
    'memory.limit_in_bytes 67108864',
    'memory.soft_limit_in_bytes 33554432',
    'memory.memsw.limit_in_bytes 100663296 (optional)',
    'cpu.cfs_period_us 100000',
    'cpu.cfs_quota_us 150000',
    'cpu.shares 512',
    'cpuset.cpus 0-1',
    'pids.max 100',
  ])
})

test('swap is as much as memory where only that is limited, and free where it is -1', () => {
  expect(lines(2, {memory: 64 * mib})).toContain('memory.swap.max 67108864 (optional)')
  expect(lines(1, {memory: 64 * mib})).toContain('memory.memsw.limit_in_bytes 134217728 (optional)')
  expect(lines(2, {memory: 64 * mib, memorySwap: -1})).toContain('memory.swap.max max (optional)')
  expect(lines(1, {memory: 64 * mib, memorySwap: -1})).toContain('memory.memsw.limit_in_bytes -1 (optional)')
  expect(lines(2, {memory: 64 * mib, memorySwap: 64 * mib})).toEqual(['memory.max 67108864'])
})

test('CPU time by quota and period', () => {
  expect(lines(2, {cpuQuota: 50_000, cpuPeriod: 20_000})).toEqual(['cpu.max 50000 20000'])
  expect(lines(2, {cpuQuota: 50_000})).toEqual(['cpu.max 50000 100000'])
  expect(lines(2, {cpuPeriod: 20_000})).toEqual(['cpu.max max 20000'])
  expect(lines(2, {cpuQuota: -1})).toEqual([])
  expect(
    lines(1, {cpuQuota: 50_000, cpuPeriod: 20_000, cpuRealtimePeriod: 1_000_000, cpuRealtimeRuntime: 5000}),
  ).toEqual(['cpu.cfs_period_us 20000', 'cpu.cfs_quota_us 50000', 'cpu.rt_period_us 1000000', 'cpu.rt_runtime_us 5000'])
  expect(() => unhonoured(2, {cpuRealtimeRuntime: 5000})).toThrow('no real-time CPU time')
})

test('swappiness, 0 too, and no killing where memory runs out: version 1 only', () => {
  expect(lines(1, {memorySwappiness: 0, oomKillDisable: true})).toEqual(['memory.swappiness 0', 'memory.oom_control 1'])
  expect(lines(2, {memorySwappiness: 0, oomKillDisable: true})).toEqual([])
  expect(unhonoured(1, {memorySwappiness: 0, oomKillDisable: true})).toEqual([])
  expect(unhonoured(2, {memorySwappiness: 0, oomKillDisable: true})).toHaveLength(2)
})

const blockIo = {
  weight: 505,
  weightDevice: [{path: '8:0', weight: 10}],
  readBps: [{path: '8:0', rate: 1 << 20}],
  writeBps: [{path: '8:16', rate: 0}],
  readIops: [{path: '8:0', rate: 100}],
  writeIops: [],
}

test('block I/O', () => {
  const io = (version: 1 | 2) =>
    cgroupWrites(version, {}, {...none, blockIo}).map(({file, value, instead}) =>
      [file, value, ...(instead ? ['or', instead.file, instead.value] : [])].join(' '),
    )
  expect(io(1)).toEqual([
    'blkio.weight 505 or blkio.bfq.weight 505',
    'blkio.weight_device 8:0 10 or blkio.bfq.weight_device 8:0 10',
    'blkio.throttle.read_bps_device 8:0 1048576',
    'blkio.throttle.write_bps_device 8:16 0',
    'blkio.throttle.read_iops_device 8:0 100',
  ])
  expect(io(2)).toEqual([
    'io.bfq.weight 505 or io.weight default 5000',
    'io.bfq.weight 8:0 10 or io.weight 8:0 1',
    'io.max 8:0 rbps=1048576',
    'io.max 8:16 wbps=max',
    'io.max 8:0 riops=100',
  ])
})

test('no limits, no writes; -1 processes are without limit', () => {
  expect(lines(2, {})).toEqual([])
  expect(lines(1, {pids: -1})).toEqual(['pids.max max'])
})

test('in version 1 devices are closed first and opened one by one, but for a privileged container', () => {
  const closed = {deviceRules: deviceRulesOf(record().host, []), blockIo: undefined}
  const rules = cgroupWrites(1, {}, closed).map(({file, value}) => `${file} ${value}`)
  expect(rules[0]).toBe('devices.deny a')
  expect(rules.slice(1).filter(each => /^devices\.allow [bc] /.test(each))).toHaveLength(rules.length - 1)
  expect(rules.filter(each => /\*:\* .*[rw]/.test(each))).toEqual([])
  expect(deviceRulesOf(record({host: {privileged: true}}).host, [])).toBeUndefined()
  expect(cgroupWrites(1, {}, none)).toEqual([])
})

const hybrid = `tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
`

test('a hybrid host is version 1, and a tree that two controllers share is entered once', () => {
  const layout = cgroupLayout(hybrid)!
  expect(layout.version).toBe(1)
  expect(cgroupDirectories(layout, 'stack/abc', {asked: [], parent: 'stack'})).toMatchObject({
    all: ['/sys/fs/cgroup/cpu,cpuacct/stack/abc', '/sys/fs/cgroup/memory/stack/abc'],
    oomFile: '/sys/fs/cgroup/memory/stack/abc/memory.oom_control',
    trees: [
      {name: 'memory', directory: '/sys/fs/cgroup/memory/stack/abc'},
      {name: 'cpu,cpuacct', directory: '/sys/fs/cgroup/cpu,cpuacct/stack/abc'},
    ],
  })
  expect(cgroupDirectories(layout, 'stack/abc', {asked: ['cpuset'], parent: 'stack'}).all).toContain(
    '/sys/fs/cgroup/cpuset/stack/abc',
  )
})

test('one tree is version 2, none is none', () => {
  const layout = cgroupLayout('cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n')!
  expect(cgroupDirectories(layout, 'stack/abc', {asked: ['cpuset'], parent: 'stack'})).toMatchObject({
    version: 2,
    all: ['/sys/fs/cgroup/stack/abc'],
    oomFile: '/sys/fs/cgroup/stack/abc/memory.events',
  })
  expect(cgroupLayout('proc /proc proc rw 0 0\n')).toBeUndefined()
})

test('the host’s time is all but the guests’, in nanoseconds', () => {
  expect(hostCpu('cpu  1 2 3 4 5 6 7 8 100 100\ncpu0 1 1\ncpu1 1 1\nintr 5\n')).toEqual({
    systemCpu: 36e7,
    onlineCpus: 2,
  })
})

test('counters of every interface but lo', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     900       9    0    0    0     0          0         0      900       9    0    0    0     0       0          0
  eth0:    1000      10    0    0    0     0          0         0      500       5    0    0    0     0       0          0
`
  expect(interfaceCounters(text)).toEqual({eth0: {rxBytes: 1000, rxPackets: 10, txBytes: 500, txPackets: 5}})
})
