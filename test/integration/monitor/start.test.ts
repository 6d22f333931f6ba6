import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {MonitorStep} from '../../../src/runtime/monitor/program.ts'
import {startMonitor} from '../../../src/runtime/monitor/start.ts'
import {processes} from '../../support/leaks.ts'
import {Box, eventually, statusOf} from './box.ts'

let box: Box
beforeEach(() => {
  box = new Box()
})
afterEach(() => box[Symbol.asyncDispose]())

const monitors = () => processes().filter(({args}) => args.includes('stack-monitor'))
const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8')

describe('a start that fails names its step and leaves nothing', () => {
  const cases: Array<[string, (box: Box) => MonitorStep[], string]> = [
    ['a mount', () => [['mount', 'x', '/x', 'nosuchfs', '', '']], 'mount /x: No such device (ENODEV)'],
    ['a bind of nothing', () => [['bind', '/none', '/x', '']], 'bind /none: No such file or directory (ENOENT)'],
    [
      'a bind of another’s',
      () => [['bind-of', '/none', '/x', '/x', '']],
      'bind-of /none: No such file or directory (ENOENT)',
    ],
    [
      'a bind of what another has not',
      () => [['bind-of', `/proc/${process.pid}/ns/mnt`, '/none', '/x', '']],
      'bind-of /none: No such file or directory (ENOENT)',
    ],
    ['a profile', () => [['apparmor', 'nonesuch']], 'apparmor '],
    ['a flag', () => [['bind', '/etc', '/x', 'rec,odd']], 'bind odd: Invalid argument (EINVAL)'],
    ['a sysctl', () => [['sysctl', 'net.odd', '1']], 'sysctl /proc/sys/net/odd: No such file or directory (ENOENT)'],
    ['a limit', () => [['rlimit', 'odd', '1', '1']], 'rlimit odd: Invalid argument (EINVAL)'],
    ['a directory', () => [['root'], ['cwd', '/none']], 'cwd /none: No such file or directory (ENOENT)'],
    ['an overlay', box => [['overlay', '/x', '', '', box.path('none')]], 'ENOENT'],
    ['a filter', () => [['seccomp', '/none']], 'seccomp /none: No such file or directory (ENOENT)'],
    ['a cgroup', () => [['cgroup', '/none']], 'cgroup /none: No such file or directory (ENOENT)'],
    ['a namespace', () => [['join', 'net', '/none']], 'join /none: No such file or directory (ENOENT)'],
    ['a program', () => [['root'], ['exec', 'nonesuch']], 'exec nonesuch: No such file or directory (ENOENT)'],
    ['a log', () => [['log', '/none/log', '1', '1']], 'log /none/log: No such file or directory (ENOENT)'],
    ['a pid file', () => [['pid', '/none/pid']], 'pid /none/pid.tmp: No such file or directory (ENOENT)'],
    ['a socket', () => [['control', '/none/control']], 'control /none/control: No such file or directory (ENOENT)'],
  ]
  test.each(cases)('%s', async (_what, failing, message) => {
    const [before, mountsBefore] = [monitors(), mounts()]
    const steps = box.steps(['true'])
    const wanted = failing(box)
    const own = ['log', 'pid', 'control'].includes(wanted[0]?.[0] ?? '')
    const program = own
      ? steps.map(step => wanted.find(each => each[0] === step[0]) ?? step)
      : [...steps.slice(0, -3), ...wanted, ...(wanted.at(-1)?.[0] === 'exec' ? [] : steps.slice(-1))]
    await expect(startMonitor(program)).rejects.toThrow(message)
    await eventually(() => monitors().length === before.length, 'the monitor leaves')
    expect(mounts()).toBe(mountsBefore)
    expect(readdirSync(box.directory).sort()).toEqual(['root', 'upper', 'work'])
  })

  test('a log that was there before stays', async () => {
    writeFileSync(box.path('log'), 'of an earlier run\n')
    await expect(startMonitor(box.steps(['nonesuch']))).rejects.toThrow('nonesuch')
    expect(box.read('log')).toBe('of an earlier run\n')
  })
})

describe('a program that cannot be run', () => {
  test.each([
    [['nonesuch'], 'program-not-found', 127],
    [['/none/at/all'], 'program-not-found', 127],
    [['/etc'], 'program-not-found', 126],
    [['/bin/text'], 'program-not-found', 126],
    [['/bin/plain'], 'program-not-found', 126],
  ])('%s is %s and %i', async (command, code, exitCode) => {
    writeFileSync(box.path('root/bin/text'), 'neither a script nor a program', {mode: 0o755})
    writeFileSync(box.path('root/bin/plain'), '#!/bin/sh\n', {mode: 0o644})
    await expect(startMonitor(box.steps(command))).rejects.toMatchObject({code, exitCode})
  })
})

describe('a program that is not well-formed is refused before anything is done', () => {
  test.each<[MonitorStep[], string]>([
    [[['mount', 'proc', 'proc', 'proc', '', '']], 'mount does not take "proc"'],
    [[['user', 'root', '0', '']], 'user does not take "root"'],
    [[['mkdir', '/x', '799', '0', '0']], 'mkdir does not take "799"'],
    [[['odd']], 'unknown operation "odd"'],
    [[['mask']], 'wrong number of words for mask'],
    [[['mask', '/a', '/b']], 'wrong number of words for mask'],
    [[['stdin', 'maybe']], 'stdin does not take "maybe"'],
    [[['namespaces', 'pid', 'user']], 'there is no namespace "user"'],
    [[['exec', 'true']], 'exec is not the last step'],
  ])('%j', async (steps, message) => {
    await expect(startMonitor([...steps, ...box.steps(['true'])])).rejects.toThrow(message)
    expect(existsSync(box.control)).toBe(false)
  })

  test('without an exec at the end', async () => {
    await expect(startMonitor(box.steps(['true']).slice(0, -1))).rejects.toThrow('the last step is not an exec')
  })
})

test('the pid file, the socket and the answer agree', async () => {
  const pid = await box.sh('sleep 60')
  expect(box.read('pid')).toMatch(new RegExp(`^${pid} \\d{13}\n$`))
  expect(statusOf(pid, 'NSpid').split(/\s+/)).toEqual([String(pid), '1'])
})

test('it is in its cgroups before it has a cgroup namespace', async () => {
  const parent = join('/sys/fs/cgroup/memory', process.env.STACK_CGROUP_PARENT ?? 'stack')
  if (!existsSync('/sys/fs/cgroup/memory')) return
  const group = join(parent, 'monitor-test')
  mkdirSync(group, {recursive: true})
  const pid = await box.sh('cat /proc/self/cgroup; sleep 60', {monitor: [['cgroup', group]]})
  await box.prints('memory:/\n')
  expect(readFileSync(join(group, 'cgroup.procs'), 'utf8')).toContain(String(pid))
  await box[Symbol.asyncDispose]()
  const {rmdirSync} = await import('node:fs')
  await eventually(() => {
    try {
      rmdirSync(group)
      return true
    } catch {
      return false
    }
  }, 'the cgroup is empty')
})
