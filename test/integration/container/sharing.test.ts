import {existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, writeFileSync} from 'node:fs'
import {hostname} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {eventually, Machine} from './machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await Machine.start()
})
afterAll(() => machine[Symbol.asyncDispose]())

const lines = (...parameters: Parameters<Machine['output']>) => machine.lines(...parameters)
const stop = (id: string) => machine.containers.stop(id, {signal: 9, grace: 0})
const namespaceOf = (id: string, kind: string) => readlinkSync(`/proc/${machine.containers.state(id).pid}/ns/${kind}`)
const own = (kind: string) => readlinkSync(`/proc/self/ns/${kind}`)
const named = (command: string): string[] =>
  readdirSync('/proc').filter(each => {
    try {
      return (
        /^\d+$/.test(each) && readFileSync(`/proc/${each}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() === command
      )
    } catch {
      return false
    }
  })

describe('pid', () => {
  test('the host’s: it sees us, and what it leaves behind is gone with it', async () => {
    const id = await machine.run(
      `readlink /proc/self/ns/pid; tr '\\0' ' ' < /proc/${process.pid}/cmdline; echo; sleep 4242 & echo started; wait`,
      {host: {pidMode: 'host'}},
    )
    await machine.prints(id, 'started')
    const [namespace, command] = (await machine.log(id)).split('\n')
    expect(namespace).toBe(own('pid'))
    expect(command).toContain('node')
    expect(named('sleep 4242')).toHaveLength(1)
    expect((await machine.exec(id, ['sh', '-c', 'echo $$'])).stdout.trim()).not.toBe('1')
    await stop(id)
    await eventually(() => named('sleep 4242').length === 0, 'what it left behind ends')
  })

  test('another container’s: its processes are seen, by exec too', async () => {
    const target = await machine.run('sleep 4243')
    const id = await machine.run('readlink /proc/self/ns/pid; ps; echo $$; sleep 60', {
      host: {pidMode: `container:${target}`},
    })
    await machine.prints(id, 'sleep 4243')
    expect((await machine.log(id)).split('\n')[0]).toBe(namespaceOf(target, 'pid'))
    expect((await machine.exec(id, ['ps'])).stdout).toMatch(/1 root.*sleep 4243[\s\S]*sleep 60/)
    expect((await machine.exec(target, ['ps'])).stdout).toContain('sleep 60')
    expect(namespaceOf(id, 'mnt')).not.toBe(namespaceOf(target, 'mnt'))
    const before = Date.now()
    await machine.containers.stop(id, {signal: 15, grace: 20_000})
    expect(Date.now() - before).toBeLessThan(10_000)
    await stop(target)
  })

  test('ends with the container whose processes it sees', async () => {
    const target = await machine.run('sleep 60')
    const id = await machine.run('sleep 61', {host: {pidMode: `container:${target}`}})
    await stop(target)
    expect((await machine.ended(id)).signal).toBe(9)
  })

  test('with init, which reaps though it is not process 1', async () => {
    const target = await machine.run('sleep 60')
    const script = '(sleep 0.01 &); sleep 0.3; grep -l "^State:.Z" /proc/[0-9]*/status; echo parent $PPID; exit 7'
    const id = await machine.run(script, {host: {pidMode: `container:${target}`, init: true}})
    expect((await machine.ended(id)).code).toBe(7)
    expect(await machine.log(id)).toMatch(/^parent [^01]\d*\n$/)
    await stop(target)
  })

  test('one that does not run cannot be joined, and nothing is left', async () => {
    const target = await machine.create('sleep 60')
    const id = await machine.create('true', {host: {pidMode: `container:${target}`}})
    await expect(machine.containers.start(id)).rejects.toThrow(
      /container "web", whose process namespace is to be shared, does not run/,
    )
    expect(existsSync(machine.paths.container(id).runDirectory)).toBe(false)
    const lost = await machine.create('true', {host: {ipcMode: 'container:nobody'}})
    await expect(machine.containers.start(lost)).rejects.toThrow('no such container: nobody')
  })
})

describe('ipc', () => {
  test('another container’s, with its shared memory', async () => {
    const target = await machine.run('echo given > /dev/shm/word; echo ready; sleep 60', {host: {ipcMode: 'shareable'}})
    await machine.prints(target, 'ready')
    const id = await machine.run(
      'readlink /proc/self/ns/ipc; cat /dev/shm/word; echo back > /dev/shm/answer; sleep 60',
      {
        host: {ipcMode: `container:${target}`},
      },
    )
    await machine.prints(id, 'given')
    expect((await machine.log(id)).split('\n')[0]).toBe(namespaceOf(target, 'ipc'))
    await eventually(
      async () => (await machine.exec(target, ['cat', '/dev/shm/answer'])).stdout === 'back\n',
      'the other container has the answer',
    )
    await stop(id)
    await stop(target)
  })

  test('the host’s, with its shared memory', async () => {
    mkdirSync('/dev/shm', {recursive: true})
    const file = join('/dev/shm', `stack-${process.pid}`)
    writeFileSync(file, 'of the host\n')
    const host = {ipcMode: 'host'} as const
    expect(await lines(`readlink /proc/self/ns/ipc; cat ${file}`, {host})).toEqual([own('ipc'), 'of the host'])
    rmSync(file)
    await expect(machine.output('true', {host: {...host, sysctls: {'kernel.shmmni': '99'}}})).rejects.toThrow(
      'would change the IPC of the host',
    )
  })

  test('none: a namespace of its own, without shared memory', async () => {
    const text = await lines('readlink /proc/self/ns/ipc; ls -d /dev/shm 2>/dev/null; echo end', {
      host: {ipcMode: 'none'},
    })
    expect(text).toEqual([expect.not.stringMatching(`^${own('ipc').replace(/[[\]]/g, '\\$&')}$`), 'end'])
  })
})

describe('uts', () => {
  test('the host’s', async () => {
    const changes = {host: {utsMode: 'host'}, config: {hostname: hostname(), domainname: 'nowhere.example'}} as const
    expect(await lines('readlink /proc/self/ns/uts; hostname; cat /etc/hostname', changes)).toEqual([
      own('uts'),
      hostname(),
      hostname(),
    ])
  })

  test('another container’s', async () => {
    const target = await machine.run('sleep 60', {config: {hostname: 'pair'}})
    const changes = {host: {utsMode: `container:${target}`}, config: {hostname: 'pair'}} as const
    expect(await lines('readlink /proc/self/ns/uts; hostname', changes)).toEqual([namespaceOf(target, 'uts'), 'pair'])
    await stop(target)
  })
})

describe('cgroup', () => {
  const ours = process.env.STACK_CGROUP_PARENT ?? 'stack'
  const root = existsSync('/sys/fs/cgroup/memory') ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup'

  test('the host’s namespace: it sees where it is', async () => {
    const id = await machine.run('readlink /proc/self/ns/cgroup; cat /proc/self/cgroup; sleep 60', {
      host: {cgroupMode: 'host'},
    })
    const path = `/${ours}/${id.slice(0, 16)}`
    await machine.prints(id, path)
    expect((await machine.log(id)).split('\n')[0]).toBe(own('cgroup'))
    const seen = await machine.exec(id, ['cat', `${root}${path}/cgroup.procs`])
    expect(seen.stdout).not.toBe('')
    expect((await machine.exec(id, ['mkdir', `${root}${path}/x`])).stderr).toMatch(/Read-only/)
    await stop(id)
  })

  test('a parent below our own goes with its last container', async () => {
    const host = {cgroupParent: 'outer/inner', resources: {memory: 64 << 20, cpuset: '0'}}
    const script = 'cat /proc/self/cgroup; sleep 60'
    const [id, other] = [await machine.run(script, {host}), await machine.run(script, {host})]
    const directory = join(root, ours, 'outer/inner')
    expect(readdirSync(directory)).toEqual(expect.arrayContaining([id.slice(0, 16), other.slice(0, 16)]))
    expect(readFileSync(join(directory, id.slice(0, 16), 'cgroup.procs'), 'utf8')).not.toBe('')
    await stop(id)
    await eventually(() => !existsSync(join(directory, id.slice(0, 16))), 'the cgroup goes')
    expect(existsSync(directory)).toBe(true)
    await stop(other)
    await eventually(() => !existsSync(join(root, ours, 'outer')), 'the parents go')
  })

  test('an absolute parent is used, and left', async () => {
    const parent = `/${ours}-elsewhere`
    const id = await machine.run('sleep 60', {host: {cgroupParent: parent}})
    expect(readFileSync(join(root, parent, id.slice(0, 16), 'cgroup.procs'), 'utf8')).not.toBe('')
    await stop(id)
    await eventually(() => !existsSync(join(root, parent, id.slice(0, 16))), 'the cgroup goes')
    for (const tree of readdirSync('/sys/fs/cgroup')) {
      if (existsSync(join('/sys/fs/cgroup', tree, parent))) rmdirSync(join('/sys/fs/cgroup', tree, parent))
    }
  })
})
