import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {projects} from '../../support/projects.ts'
import {eventually} from '../../support/stack.ts'

const project = projects()
const environment = {DOCKER_HOST: 'unix:///run/stack/stack.sock', DOCKER_CONFIG: '/tmp/none'}

test('what a file says of devices and limits is so inside', async () => {
  const here = await project(`name: limits
services:
  a:
    image: host://
    command: sleep infinity
    init: true
    devices: ["/dev/fuse:/dev/fs:rw", {source: /dev/zero, target: /srv/zero}]
    device_cgroup_rules: ["c 10:200 r"]
    cpu_quota: 30ms
    cpu_period: 60000
    mem_limit: 64m
    mem_swappiness: 12
    oom_kill_disable: true
    blkio_config: {device_read_bps: [{path: /dev/loop0, rate: 1mb}], device_write_iops: [{path: /dev/loop0, rate: 20}]}
    tmpfs: ["/t:size=1m,uid=5,mode=750,exec"]
    shm_size: 2m
`)
  expect(await here.stack('up', '-d')).toMatchObject({code: 0})
  const inside = async (line: string) => (await here.stack('exec', '-T', 'a', 'sh', '-c', `exec 2>&1; ${line}`)).stdout
  expect(await inside('true < /dev/fs && echo opened; head -c 2 /srv/zero | wc -c')).toBe('opened\n2\n')
  expect(await inside('mknod /tun c 10 200 && cat /tun; echo')).toMatch(/File descriptor in bad state/)
  expect(
    await inside('cd /sys/fs/cgroup; cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us memory/memory.swappiness'),
  ).toBe('30000\n60000\n12\n')
  expect(await inside('grep disable /sys/fs/cgroup/memory/memory.oom_control')).toBe('oom_kill_disable 1\n')
  expect(
    await inside('cd /sys/fs/cgroup/blkio; cat blkio.throttle.read_bps_device blkio.throttle.write_iops_device'),
  ).toBe('7:0 1048576\n7:0 20\n')
  expect(await inside('stat -c "%u %a" /t; df -k /t /dev/shm | awk "{print \\$2}" | tail -2')).toBe(
    '5 750\n1024\n2048\n',
  )
  expect((await here.stack('up', '-d')).all).not.toMatch(/recreate/i)
})

test('devices that are not there fail the start, and say which', async () => {
  const here = await project('services:\n  a: {image: "host://", command: sleep 9, devices: [/dev/nonesuch]}\n')
  expect(await here.stack('up', '-d')).toMatchObject({
    code: 1,
    all: expect.stringContaining('there is no device /dev/nonesuch on this host'),
  })
})

test('a restart waits as long as it is said, and not longer each time', async () => {
  const here = await project(`services:
  a:
    image: host://
    command: sh -c 'date +%s%3N >> /out/times; exit 1'
    volumes: [./out:/out]
    deploy: {restart_policy: {condition: on-failure, delay: 600ms, max_attempts: 3, window: 1m}}
`)
  mkdirSync(join(here.directory, 'out'))
  expect(await here.stack('up', '-d')).toMatchObject({code: 0})
  const times = () => readFileSync(join(here.directory, 'out/times'), 'utf8').trim().split('\n').map(Number)
  await eventually(() => times().length === 4, {what: 'the last restart'})
  const waits = times()
    .slice(1)
    .map((time, index) => time - times()[index]!)
  for (const wait of waits) {
    expect(wait).toBeGreaterThanOrEqual(600)
    expect(wait).toBeLessThan(2400)
  }
})

test('docker run gives devices and limits too', async context => {
  needs(context, 'docker')
  const here = await project('name: dr\nservices: {a: {image: "host://", command: sleep infinity, init: true}}\n')
  await here.stack('up', '-d')
  const image = (await here.run('docker', ['inspect', '-f', '{{.Image}}', 'dr-a-1'], environment)).stdout.trim()
  const run = (...words: string[]) => here.run('docker', ['run', '--rm', '--network', 'none', ...words], environment)
  const script = 'true < /dev/fs && cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/memory/memory.swappiness'
  expect(
    await run(
      ...['--device', '/dev/fuse:/dev/fs:r', '--cpu-quota', '20000', '--memory-swappiness', '7'],
      ...['--device-cgroup-rule', 'c 1:11 r', '--device-read-bps', '/dev/loop0:1mb', '--tmpfs', '/t:size=1m,uid=5'],
      ...[image, 'sh', '-c', `${script} && stat -c %u /t && cat /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device`],
    ),
  ).toMatchObject({code: 0, stdout: '20000\n7\n5\n7:0 1048576\n'})
  expect(await run('--gpus', 'all', image, 'true')).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('devices by request'),
  })
  expect((await run('--tmpfs', '/t:colour=red', image, 'true')).stderr).toContain('invalid tmpfs option "colour=red"')
})

test('what the host cannot give is said where it is asked for', async () => {
  const here = await project(`name: less
services:
  a: {image: "host://", command: sleep infinity, init: true, ulimits: {memlock: -1}}
`)
  const {code, all} = await here.stack('up', '-d')
  expect(code).toBe(0)
  const most = (await here.stack('exec', '-T', 'a', 'sh', '-c', 'ulimit -Hl')).stdout.trim()
  const isLess = all.includes('ulimit memlock is')
  expect(isLess).toBe(most !== 'unlimited')
})
