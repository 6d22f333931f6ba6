import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {MountRecord} from '../../../src/model/container.ts'
import {eventually, Machine} from './machine.ts'

let machine: Machine
beforeEach(async () => {
  machine = await Machine.start()
})
afterEach(async () => {
  for (const {name} of machine.volumes.list()) {
    for (const {id} of machine.containers.list().filter(each => machine.containers.state(each.id).status === 'running'))
      await machine.containers.stop(id, {signal: 9, grace: 0})
    await machine.volumes.remove(name)
  }
  expect(machine.warnings).toEqual([])
  await machine[Symbol.asyncDispose]()
})

const make = (name: string, options: Record<string, string>) =>
  machine.volumes.create({name, driver: 'local', options, labels: {}})
const at = (target: string, name: string, more: Partial<Extract<MountRecord, {type: 'volume'}>> = {}): MountRecord => ({
  ...{type: 'volume', name, anonymous: false, target, readOnly: false, nocopy: true},
  ...more,
})
const directory = (name: string) => {
  const path = join(machine.paths.state, name)
  mkdirSync(path)
  return path
}
const mounted = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(each => each.includes('/volumes/'))
const pidOf = (id: string) => Number(readFileSync(machine.paths.container(id).pid, 'utf8').split(/\s/)[0])
const stop = (id: string) => machine.containers.stop(id, {signal: 9, grace: 0})

describe('volumes with options', () => {
  test('a directory of the host: what is written is there, and stays when the volume goes', async () => {
    const device = directory('data')
    writeFileSync(join(device, 'given'), 'given\n')
    await make('bound', {type: 'none', o: 'bind', device})
    expect(mounted()).toEqual([])
    expect(await machine.output('cat /v/given; echo back > /v/back', {mounts: [at('/v', 'bound')]})).toBe('given\n')
    expect(mounted(), 'unmounted with the last').toEqual([])
    await machine.run('sleep 100', {mounts: [at('/v', 'bound')]})
    expect(mounted()).toHaveLength(1)
    await machine.volumes.remove('bound')
    expect(mounted(), 'unmounted with the volume').toEqual([])
    expect(readdirSync(device).sort()).toEqual(['back', 'given'])
  })

  test('options of mount: a read-only bind is, and part of it can be mounted', async () => {
    const device = directory('data')
    mkdirSync(join(device, 'part'))
    writeFileSync(join(device, 'part', 'file'), 'part\n')
    await make('bound', {type: 'none', o: 'bind,ro', device})
    const text = await machine.output('exec 2>&1; cat /p/file; echo no > /v/x; true', {
      mounts: [at('/v', 'bound'), at('/p', 'bound', {subpath: 'part'})],
    })
    expect(text).toMatch(/^part\n.*can't create \/v\/x: Read-only file system\n$/)
  })

  test('a tmpfs is one for all that use it, as large as was said, and empty for who comes after the last', async () => {
    await make('fast', {type: 'tmpfs', device: 'tmpfs', o: 'size=1m,mode=0700'})
    const mounts = [at('/v', 'fast')]
    const one = await machine.run('echo one > /v/one; echo ready; sleep 100', {mounts})
    await machine.prints(one, 'ready')
    expect(await machine.output('cat /v/one; df -k /v | tail -1 | awk "{print \\$2}"; stat -c %a /v', {mounts})).toBe(
      'one\n1024\n700\n',
    )
    expect(mounted(), 'still used').toHaveLength(1)
    await stop(one)
    expect(mounted()).toEqual([])
    expect(await machine.output('ls /v | wc -l', {mounts})).toBe('0\n')
  })

  test('a daemon that comes after a killed one knows who uses it', async () => {
    await make('fast', {type: 'tmpfs', device: 'tmpfs', o: 'size=1m'})
    const mounts = [at('/v', 'fast')]
    const one = await machine.run('sleep 100', {mounts})
    const two = await machine.run('sleep 100', {mounts})
    await machine.crash()
    process.kill(pidOf(two), 'SIGKILL')
    await machine.load()
    await eventually(() => machine.containers.state(two).status === 'exited', 'it ends')
    expect(mounted()).toHaveLength(1)
    await stop(one)
    expect(mounted()).toEqual([])
  })

  test('what cannot be mounted fails the start with the kernel’s reason, and leaves nothing', async () => {
    await make('none', {type: 'none', o: 'bind', device: '/nonexistent/directory'})
    await make('strange', {type: 'nonesuch', device: 'x'})
    await make('wrong', {type: 'tmpfs', device: 'tmpfs', o: 'nonesuch=1'})
    for (const [name, reason] of [
      [
        'none',
        'mount volume "none" (type none, device /nonexistent/directory, o bind): mount /nonexistent/directory: No such file',
      ],
      ['strange', 'mount x: No such device'],
      ['wrong', 'Invalid argument'],
    ] as const) {
      const id = await machine.create('true', {mounts: [at('/v', name)]})
      await expect(machine.containers.start(id), name).rejects.toThrow(reason)
      expect(existsSync(machine.paths.volume(name).mount), name).toBe(false)
      await machine.containers.remove(id, {volumes: false})
    }
    await expect(make('bad', {size: '1g'})).rejects.toThrow('option "size"')
    expect(machine.volumes.find('bad')).toBeUndefined()
  })
})

describe('what is mounted below the source of a bind', () => {
  test('is there and read-only with it, unless it is asked for otherwise', async () => {
    const source = directory('tree')
    mkdirSync(join(source, 'below'))
    execFileSync('mount', ['-t', 'tmpfs', 'below', join(source, 'below')])
    try {
      writeFileSync(join(source, 'below', 'file'), 'below\n')
      const bind = (target: string, recursive?: 'disabled' | 'writable' | 'readonly'): MountRecord => ({
        ...{type: 'bind', source, target, readOnly: true},
        ...(recursive === undefined ? {} : {recursive}),
      })
      const mounts = [
        bind('/plain'),
        bind('/disabled', 'disabled'),
        bind('/writable', 'writable'),
        bind('/ro', 'readonly'),
      ]
      const script =
        'for d in plain disabled writable ro; do echo $d $(cat /$d/below/file 2>&1) $( (echo x > /$d/below/x) 2>&1); (echo x > /$d/x) 2>&1; done'
      const text = await machine.output(
        script.replaceAll('; (echo x > /$d/x) 2>&1', '; (echo x > /$d/x) 2>/dev/null && echo wrote'),
        {mounts},
      )
      expect(text.split('\n')).toEqual([
        expect.stringMatching(/^plain below .*Read-only file system$/),
        expect.stringMatching(/^disabled .*No such file.*Read-only file system$/),
        'writable below',
        expect.stringMatching(/^ro below .*Read-only file system$/),
        '',
      ])
    } finally {
      execFileSync('umount', [join(source, 'below')])
    }
  })
})

test('an anonymous volume stays as long as another container has it', async () => {
  await machine.volumes.create({name: 'a'.repeat(64), driver: 'local', options: {}, labels: {}})
  const one = await machine.create('true', {mounts: [at('/v', 'a'.repeat(64), {anonymous: true})]})
  const two = await machine.create('true', {mounts: [at('/v', 'a'.repeat(64))]})
  await machine.containers.remove(one, {volumes: true})
  expect(machine.volumes.list()).toHaveLength(1)
  await machine.containers.remove(two, {volumes: true})
  expect(machine.volumes.list(), 'it is not its own').toHaveLength(1)
})
