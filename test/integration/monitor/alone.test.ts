import {execFileSync} from 'node:child_process'
import {existsSync, readFileSync, readlinkSync} from 'node:fs'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {startMonitor} from '../../../src/runtime/monitor/start.ts'
import {watch} from '../../../src/runtime/monitor/watch.ts'
import {Box, eventually, monitorOf, openFiles, statusOf} from './box.ts'

let box: Box
beforeEach(() => {
  box = new Box()
})
afterEach(() => box[Symbol.asyncDispose]())

const isThere = (pid: number) => existsSync(`/proc/${pid}`) && !statusOf(pid, 'State').startsWith('Z')

describe('the monitor', () => {
  test('is a session of its own, a child of nobody here, in no directory of the starter', async () => {
    const monitor = monitorOf(await box.sh('sleep 60'))
    expect(monitorOf(monitor)).not.toBe(process.pid)
    expect(statusOf(monitor, 'NSsid')).toBe(String(monitor))
    expect(readlinkSync(`/proc/${monitor}/cwd`)).toBe('/')
    expect(statusOf(monitor, 'Threads')).toBe('1')
  })

  test('inherits no descriptor: its own are /dev/null, log, socket, signals, streams, and its clients', async () => {
    // Another that starts at the same moment has its own.
    await using other = new Box()
    const [pid] = await Promise.all([box.start(['sleep', '60']), other.start(['sleep', '60'])])
    const kinds = openFiles(monitorOf(pid)).map(fd => readlinkSync(`/proc/${monitorOf(pid)}/fd/${fd}`))
    expect(kinds.map(each => each.replace(/\[\d+\]/, '').replace(box.directory, '')).sort()).toEqual([
      '/dev/null',
      '/dev/null',
      '/dev/null',
      '/log',
      'anon_inode:[eventpoll]',
      'anon_inode:[signalfd]',
      'pipe:',
      'pipe:',
      'socket:',
      'socket:',
    ])
    expect(openFiles(pid)).toEqual(['0', '1', '2'])
  })

  test('needs little memory', async () => {
    const monitor = monitorOf(
      await box.sh('yes | head -c 300000; sleep 60', {monitor: [['log', box.path('log'), '0', '1']]}),
    )
    await eventually(() => box.log().length === 300_000, 'all is logged')
    const rollup = readFileSync(`/proc/${monitor}/smaps_rollup`, 'utf8')
    const kilobytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(rollup)?.[1])
    expect(kilobytes('Private_Dirty')).toBeLessThan(400)
    expect(kilobytes('Rss')).toBeLessThan(1500)
  })

  test('cannot be ended by the signals that end sessions', async () => {
    const pid = await box.sh('sleep 60')
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'] as const) process.kill(monitorOf(pid), signal)
    expect((await box.exec(['true'])).pid).toBeGreaterThan(0)
  })

  test('takes its program and all of an exec with it when it is killed', async () => {
    const pid = await box.sh('sleep 60 & sleep 60', {process: [['user', '5', '5', '']]})
    const stream = await box.exec(['sleep', '60'])
    process.kill(monitorOf(pid), 'SIGKILL')
    await eventually(() => !isThere(pid) && !isThere(stream.pid), 'they are gone')
    stream.io.on('error', () => undefined).resume()
    expect(await stream.exited).toEqual({code: 137})
    execFileSync('rm', [box.control, box.path('pid')])
  })

  test('reaps what a container in the pid namespace of the host leaves', async () => {
    const pid = await box.sh('(sh -c "sleep 0.05; exit 1" &); sleep 60', {
      monitor: [['namespaces', 'mount', 'ipc', 'uts']],
    })
    const monitor = monitorOf(pid)
    const children = () => readFileSync(`/proc/${monitor}/task/${monitor}/children`, 'utf8').trim().split(' ')
    await eventually(() => children().length === 1, 'only the program is left')
    expect(children()).toEqual([String(pid)])
  })
})

describe('when nobody watches', () => {
  const lock = `stack-test-wake-${process.pid}`
  const woken = () => (existsSync(box.path('woken')) ? box.read('woken').split('\n').filter(Boolean) : [])
  const wake = () => ['wake', lock, '/bin/sh', '-c', `ls /proc/self/fd | xargs >> ${box.path('woken')}`] as const

  test('the program to wake is started, inherits nothing, and again later while nobody does', async () => {
    await startMonitor(box.steps(['sleep', '60'], {monitor: [wake()]}))
    const watching = await watch(box.control)
    watching.leave()
    await eventually(() => woken().length >= 2, 'it is started twice')
    expect(woken()[0]).toBe('0 1 2 3')
    const again = await watch(box.control)
    const before = woken().length
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(woken().length).toBe(before)
    again.leave()
  })

  test('of several monitors one does it', async () => {
    const others = [new Box(), new Box(), new Box()]
    try {
      const watches = await Promise.all(
        [box, ...others].map(async each => {
          await startMonitor(each.steps(['sleep', '60'], {monitor: [wake()]}))
          return watch(each.control)
        }),
      )
      for (const each of watches) each.leave()
      await eventually(() => woken().length > 0, 'one is started')
      await new Promise(resolve => setTimeout(resolve, 300))
      expect(woken().length).toBe(1)
    } finally {
      for (const each of others) await each[Symbol.asyncDispose]()
    }
  })

  test('when the one that did it is killed, another does', async () => {
    await using other = new Box()
    const pid = await other.start(['sleep', '60'], {monitor: [wake()]})
    await box.start(['sleep', '60'], {monitor: [wake()]})
    other.leave()
    await eventually(() => woken().length === 1, 'the first is started')
    box.leave()
    process.kill(monitorOf(pid), 'SIGKILL')
    execFileSync('rm', [other.control, other.path('pid')])
    await eventually(() => woken().length > 1, 'the other one starts it')
  })
})
