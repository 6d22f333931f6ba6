import {execFileSync} from 'node:child_process'
import {chmodSync, chownSync, existsSync, mkdirSync, rmdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {HostResources} from '../../../src/model/resources.ts'
import {Cgroups} from '../../../src/runtime/container/cgroup/cgroups.ts'
import {deviceRulesOf} from '../../../src/runtime/container/cgroup/device-rules.ts'
import {record} from '../../unit/runtime/container/record.ts'
import {Machine} from './machine.ts'

let machine: Machine
/** A directory of devices: `a` and `b` are the kernel's zero and null, `sub/c` its full. */
let nodes: string
beforeAll(async () => {
  machine = await Machine.start()
  nodes = join(machine.paths.state, 'nodes')
  mkdirSync(join(nodes, 'sub'), {recursive: true})
  const make = (name: string, ...numbers: string[]) => execFileSync('mknod', [join(nodes, name), 'c', ...numbers])
  make('a', '1', '5')
  make('b', '1', '3')
  make('sub/c', '1', '7')
  chmodSync(join(nodes, 'a'), 0o640)
  chownSync(join(nodes, 'a'), 33, 34)
})
afterAll(() => machine[Symbol.asyncDispose]())

const map = (source: string, target = source, permissions = 'rwm') => ({source, target, permissions})
const output = (script: string, resources: HostResources, more: {privileged?: boolean} = {}) =>
  machine.output(`exec 2>&1; ${script}`, {host: {resources, ...more}})

describe('a device of the host', () => {
  test('has the numbers, mode and owner that it has there, and can be opened', async () => {
    const text = await output('stat -c "%F %t %T %a %u %g" /dev/given; head -c 3 /dev/given | wc -c', {
      devices: [map(join(nodes, 'a'), '/dev/given')],
    })
    expect(text).toBe('character special file 1 5 640 33 34\n3\n')
  })

  test('that the rules do not name by default is opened because it is given', async () => {
    const open = 'true < /dev/fuse && echo opened'
    expect(await output(`mknod /dev/fuse c 10 229; ${open}`, {})).toMatch(/Operation not permitted/)
    expect(await output(open, {devices: [map('/dev/fuse')]})).toBe('opened\n')
  })

  test('can be opened only as it was allowed', async () => {
    const text = await output('true < /dev/fs && echo read; true > /dev/fs; echo end', {
      devices: [map('/dev/fuse', '/dev/fs', 'r')],
    })
    expect(text).toMatch(/^read\n.*can't create \/dev\/fs: Operation not permitted\nend\n$/)
  })

  test('a directory of devices stands for all that is in it', async () => {
    const text = await output('cd /dev/all; find . -type c | sort; echo x > b', {devices: [map(nodes, '/dev/all')]})
    expect(text).toBe('./a\n./b\n./sub/c\n')
  })

  test('can be anywhere, and is there again at the next start', async () => {
    const id = await machine.run('stat -c "%t %T" /srv/deep/zero; head -c 2 /srv/deep/zero | wc -c', {
      host: {resources: {devices: [map('/dev/zero', '/srv/deep/zero')]}},
    })
    await machine.ended(id)
    machine.exits.length = 0
    await machine.containers.start(id)
    await machine.ended(id)
    expect(await machine.log(id)).toBe('1 5\n2\n1 5\n2\n')
  })

  test('takes the place of one of ours', async () => {
    expect(await output('stat -c "%t %T" /dev/full', {devices: [map('/dev/zero', '/dev/full')]})).toBe('1 5\n')
  })

  test.each([
    ['is not there', '/dev/nonesuch', /there is no device \/dev\/nonesuch/],
    ['is a file', '/etc/passwd', /\/etc\/passwd is not a device/],
    ['is a directory without any', '/etc', /\/etc is not a device/],
  ])('that %s is an error, and nothing is left', async (_name, source, message) => {
    const id = await machine.create('true', {host: {resources: {devices: [map(source)]}}})
    await expect(machine.containers.start(id)).rejects.toThrow(message)
    expect(existsSync(machine.paths.container(id).runDirectory)).toBe(false)
  })
})

test('rules let a container open nodes of its own', async () => {
  const script = 'mknod /n c 10 229 && true < /n && echo opened'
  expect(await output(script, {})).toMatch(/Operation not permitted/)
  expect(await output(script, {deviceCgroupRules: ['c 10:229 r']})).toBe('opened\n')
  expect(await output(script, {deviceCgroupRules: ['a 10:* rwm']})).toBe('opened\n')
})

test('a privileged container has the host’s devices, below directories too, and what it is given', async () => {
  const text = await output(
    'ls /dev/net/tun /dev/fuse /dev/mine && head -c 1 /dev/mine | wc -c',
    {
      devices: [map('/dev/zero', '/dev/mine')],
    },
    {privileged: true},
  )
  expect(text).toBe('/dev/fuse\n/dev/mine\n/dev/net/tun\n1\n')
})

describe('in a version 2 tree', () => {
  const unified = '/sys/fs/cgroup/unified'
  const parent = join(process.env.STACK_CGROUP_PARENT ?? 'stack', 'devices')
  const warnings: string[] = []
  const cgroups = new Cgroups(parent, doing => warnings.push(doing), {version: 2, root: unified})

  /** What a process prints that enters the cgroup of a container with these limits and runs a line. */
  async function printed(resources: HostResources, script: string, privileged = false): Promise<string> {
    const container = record({id: `${'d'.repeat(16)}${'0'.repeat(48)}`, host: {resources, privileged}})
    const hardware = {deviceRules: deviceRulesOf(container.host, []), blockIo: undefined}
    const directories = await cgroups.create(container, hardware)
    try {
      const line = `echo $$ > ${directories?.all[0]}/cgroup.procs; exec 2>&1; ${script}; true`
      return execFileSync('sh', ['-c', line], {encoding: 'utf8'})
    } finally {
      await cgroups.remove(container)
    }
  }
  afterAll(() => rmdirSync(join(unified, parent)))

  const script = 'true < /dev/zero && echo zero; true < /dev/fuse && echo fuse'
  test('a program of the kernel refuses what no rule allows', async () => {
    expect(await printed({}, script)).toMatch(/^zero\n.*\/dev\/fuse.*Operation not permitted\n$/)
    expect(warnings).toEqual([])
  })
  test('and allows what one does, and only that', async () => {
    expect(await printed({deviceCgroupRules: ['c 10:229 r']}, script)).toBe('zero\nfuse\n')
    expect(await printed({deviceCgroupRules: ['c 10:229 r']}, 'true > /dev/fuse')).toMatch(/Operation not permitted/)
  })
  test('privileged is asked nothing', async () => {
    expect(await printed({}, script, true)).toBe('zero\nfuse\n')
  })
})
