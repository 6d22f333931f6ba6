import {execFileSync} from 'node:child_process'
import {existsSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import type {HostConfig, MountRecord} from '../../../src/model/container.ts'
import type {BlockIo} from '../../../src/model/resources.ts'
import {Machine} from './machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await Machine.start()
})
beforeEach(() => {
  machine.warnings.length = 0
})
afterAll(() => machine[Symbol.asyncDispose]())

const output = (script: string, resources: HostConfig['resources'], host: Partial<HostConfig> = {}) =>
  machine.output(`exec 2>&1; ${script}`, {host: {...host, resources}})
const mib = 1 << 20

describe('CPU', () => {
  const read = 'cd /sys/fs/cgroup/cpu; cat cpu.cfs_quota_us cpu.cfs_period_us'
  test.each([
    ['cpus', {nanoCpus: 1.5e9}, '150000\n100000\n'],
    ['a quota', {cpuQuota: 20_000}, '20000\n100000\n'],
    ['a quota and a period', {cpuQuota: 20_000, cpuPeriod: 40_000}, '20000\n40000\n'],
    ['without limit', {cpuQuota: -1}, '-1\n100000\n'],
  ])('%s', async (_name, resources, text) => {
    expect(await output(read, resources)).toBe(text)
  })

  test('shares, and the processors that it may use', async () => {
    const script = 'cat /sys/fs/cgroup/cpu/cpu.shares /sys/fs/cgroup/cpuset/cpuset.cpus; nproc'
    expect(await output(script, {cpuShares: 256, cpuset: '0'})).toBe('256\n0\n1\n')
  })

  test('a quota holds it back', async () => {
    const script = 'timeout 1 sh -c "while :; do :; done"; grep nr_throttled /sys/fs/cgroup/cpu/cpu.stat'
    expect(await output(script, {cpuQuota: 5000, cpuPeriod: 50_000})).toMatch(/nr_throttled [1-9]/)
  })

  test.runIf(existsSync('/sys/fs/cgroup/cpu/cpu.rt_runtime_us') && existsSync('/usr/bin/chrt'))(
    'real-time CPU time',
    async () => {
      const script = 'cd /sys/fs/cgroup/cpu; cat cpu.rt_runtime_us cpu.rt_period_us; /usr/bin/chrt -f 5 echo ran'
      const bind = (path: string) => ({type: 'bind', source: path, target: path, readOnly: true}) as const
      const mounts = ['/usr', '/lib', '/lib64'].filter(existsSync).map(bind)
      const run = (resources: HostConfig['resources']) =>
        machine.output(`exec 2>&1; ${script}`, {host: {capAdd: ['SYS_NICE'], resources}, mounts})
      expect(await run({})).toMatch(/^0\n1000000\n.*Operation not permitted/)
      const resources = {cpuRealtimeRuntime: 10_000, cpuRealtimePeriod: 500_000}
      expect(await run(resources)).toBe('10000\n500000\nran\n')
    },
  )
})

describe('memory', () => {
  const read = (...files: string[]) => `cd /sys/fs/cgroup/memory; cat ${files.map(each => `memory.${each}`).join(' ')}`
  test('limit, reservation, and memory and swap together', async () => {
    const resources = {memory: 32 * mib, memoryReservation: 16 * mib, memorySwap: 48 * mib}
    expect(await output(read('limit_in_bytes', 'soft_limit_in_bytes', 'memsw.limit_in_bytes'), resources)).toBe(
      `${32 * mib}\n${16 * mib}\n${48 * mib}\n`,
    )
  })
  test.each([0, 35, 100])('swappiness %i', async memorySwappiness => {
    expect(await output(read('swappiness'), {memorySwappiness})).toBe(`${memorySwappiness}\n`)
  })
  test('is not killed where it runs out, unless it is not said', async () => {
    expect(await output(read('oom_control'), {memory: 32 * mib, oomKillDisable: true})).toMatch(/^oom_kill_disable 1$/m)
    expect(await output(read('oom_control'), {memory: 32 * mib})).toMatch(/^oom_kill_disable 0$/m)
  })
})

describe('processes', () => {
  test('number of them', async () => {
    const script = 'cat /sys/fs/cgroup/pids/pids.max; for i in 1 2 3 4 5 6; do sleep 1 & done'
    expect(await output(script, {pids: 4})).toMatch(/^4\n.*fork/s)
    expect(await output('cat /sys/fs/cgroup/pids/pids.max', {pids: -1})).toBe('max\n')
  })
  test('who is killed first where memory runs out', async () => {
    expect(await output('cat /proc/self/oom_score_adj', {oomScoreAdj: 321})).toBe('321\n')
  })
  test('limits of each', async () => {
    const ulimits = {core: {soft: 0, hard: 0}, nproc: {soft: 40, hard: 60}, fsize: {soft: 4096, hard: -1}}
    const script =
      'ulimit -c; ulimit -u; ulimit -Hu; head -c 5000 /dev/zero > /tmp-file; echo $?; grep "file size" /proc/self/limits'
    expect(await output(script, {}, {ulimits})).toMatch(/^0\n40\n60\n[\s\S]*\d+\nMax file size +4096 +unlimited/)
  })
  test('above those of the host: as much as there is, and whoever asked is told', async () => {
    const id = await machine.run('ulimit -Hn', {host: {ulimits: {nofile: {soft: 1e8, hard: 1e8}}}})
    await machine.ended(id)
    const most = Number(await machine.log(id))
    const warnings = most < 1e8 ? [expect.stringContaining(`ulimit nofile is ${most}, not 100000000`)] : []
    expect(machine.told.get(id)).toEqual(warnings)
  })
})

/** A disk of 4 MiB, its content a file. */
const canLoop = existsSync('/dev/loop-control') && existsSync('/usr/sbin/losetup')
function loopDisk(): string {
  const file = join(machine.paths.state, 'disk')
  writeFileSync(file, Buffer.alloc(4 * mib))
  return execFileSync('/usr/sbin/losetup', ['--find', '--show', file], {encoding: 'utf8'}).trim()
}
const blockIo = (more: Partial<BlockIo>): {blockIo: BlockIo} => ({
  blockIo: {weightDevice: [], readBps: [], writeBps: [], readIops: [], writeIops: [], ...more},
})

describe.runIf(canLoop)('block I/O', () => {
  let path = ''
  beforeAll(() => {
    path = loopDisk()
  })
  afterAll(() => execFileSync('/usr/sbin/losetup', ['--detach', path]))
  test('rates of a device', async () => {
    const rate = (count: number) => [{path, rate: count}]
    const script = 'cd /sys/fs/cgroup/blkio; cat blkio.throttle.*_device'
    const text = await output(
      script,
      blockIo({readBps: rate(mib), writeBps: rate(2 * mib), readIops: rate(30), writeIops: rate(40)}),
    )
    expect(text.replaceAll(/\d+:\d+ /g, '')).toBe(`${mib}\n30\n${2 * mib}\n40\n`)
  })

  test('a read is held back', async () => {
    const script = `dd if=${path} of=/dev/null bs=64k count=8 iflag=direct; echo end`
    const devices = [{source: path, target: path, permissions: 'r'}]
    const before = Date.now()
    const text = await output(script, {...blockIo({readBps: [{path, rate: 512 << 10}]}), devices})
    expect(text).toMatch(/^8\+0 records in.*end\n$/ms)
    expect(Date.now() - before).toBeGreaterThan(700)
  })

  test('a weight that this kernel does not know is a warning', async () => {
    const text = await output('ls /sys/fs/cgroup/blkio', blockIo({weight: 300, weightDevice: [{path, weight: 400}]}))
    const knows = /blkio\.(bfq\.)?weight_device$/m.test(text)
    if (!knows) expect(machine.warnings.join('\n')).toMatch(/start "web": this kernel weighs no block I\/O/)
  })

  test.each([
    ['is not there', '/dev/nonesuch', /there is no device \/dev\/nonesuch/],
    ['is no disk', '/dev/null', /\/dev\/null is not a block device/],
  ])('a device that %s is an error, and nothing is left', async (_name, wrong, message) => {
    const id = await machine.create('true', {host: {resources: blockIo({readBps: [{path: wrong, rate: 1}]})}})
    await expect(machine.containers.start(id)).rejects.toThrow(message)
    expect(existsSync(machine.paths.container(id).runDirectory)).toBe(false)
  })

  test('a container that limits none is not in that tree', async () => {
    expect(await output('ls -d /sys/fs/cgroup/blkio', {})).toMatch(/No such file/)
  })
})

describe('tmpfs', () => {
  const tmpfs = (options: string, more: object = {}): MountRecord => ({type: 'tmpfs', target: '/t', options, ...more})
  const mounted = (script: string, mount: MountRecord) => machine.output(`exec 2>&1; ${script}`, {mounts: [mount]})
  const flags = 'grep " /t " /proc/mounts | cut -d" " -f4'

  test('owner, mode and sizes', async () => {
    const script =
      'stat -c "%u %g %a" /t; df -k /t | tail -1 | awk "{print \\$2}"; df -i /t | tail -1 | awk "{print \\$2}"'
    expect(await mounted(script, tmpfs('uid=33,gid=34,mode=1750,size=2m,nr_inodes=64'))).toBe('33 34 1750\n2048\n64\n')
    expect(await mounted(script, tmpfs('uid=33,gid=34,nr_inodes=64', {size: mib, mode: 0o711}))).toBe(
      '33 34 711\n1024\n64\n',
    )
  })
  test('nothing in it runs, unless it may', async () => {
    const script = 'cp /bin/busybox /t/true && /t/true'
    expect(await mounted(script, tmpfs(''))).toMatch(/Permission denied/)
    expect(await mounted(`${script}; ${flags}`, tmpfs('exec,size=8m'))).toMatch(/^rw,nosuid,nodev,/m)
  })
  test('other flags', async () => {
    expect(await mounted(flags, tmpfs('ro,suid,dev,noatime,nodiratime'))).toMatch(/^ro,noexec,noatime/)
    expect(await mounted('touch /t/x', tmpfs('ro'))).toMatch(/Read-only file system/)
  })
})

test('shared memory', async () => {
  expect(await output('df -k /dev/shm | tail -1 | awk "{print \\$2}"', {}, {shmSize: 3 * mib})).toBe('3072\n')
})

describe('settings of the kernel', () => {
  test.each([
    [
      'of the network, where that is the host’s',
      {'net.core.somaxconn': '5'},
      'host',
      /would change the network of the host/,
    ],
    ['that all containers share', {'kernel.hostname': 'x'}, 'none', /cannot be set for a container/],
  ] as const)('%s are refused, and nothing is left', async (_name, sysctls, networkMode, message) => {
    const id = await machine.create('true', {host: {sysctls, networkMode}})
    await expect(machine.containers.start(id)).rejects.toThrow(message)
    expect(existsSync(machine.paths.container(id).runDirectory)).toBe(false)
  })
})
