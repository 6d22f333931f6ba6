import {spawn} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {encodeProgram} from '../../../src/runtime/monitor/program.ts'
import {startMonitor} from '../../../src/runtime/monitor/start.ts'
import {watch} from '../../../src/runtime/monitor/watch.ts'
import {Box, eventually, monitorOf, statusOf} from './box.ts'

let box: Box
beforeEach(() => {
  box = new Box()
})
afterEach(() => box[Symbol.asyncDispose]())

/** Threads and processes go while they are looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const nameOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()

/** What monitors of a process are copied from. */
function starterOf(parent: number): number {
  const threads = readdirSync(`/proc/${parent}/task`)
  const children = threads.flatMap(each => read(`/proc/${parent}/task/${each}/children`).split(' '))
  const found = children
    .filter(Boolean)
    .map(Number)
    .filter(pid => nameOf(pid) === 'stack-starter')
  expect(found).toHaveLength(1)
  return found[0]!
}

test('all monitors are copies of one process, and each is called what it is', async () => {
  await using other = new Box()
  const [one, two] = await Promise.all([box.start(['sleep', '60']), other.start(['sleep', '60'])])
  const starter = starterOf(process.pid)
  expect([one, two].map(pid => monitorOf(monitorOf(pid)))).toEqual([starter, starter])
  expect([one, two].map(pid => [nameOf(monitorOf(pid)), statusOf(monitorOf(pid), 'Name')])).toEqual([
    ['stack-monitor', 'stack-monitor'],
    ['stack-monitor', 'stack-monitor'],
  ])
})

test('where that one was killed another takes its place; what it started runs on', async () => {
  const pid = await box.start(['sleep', '60'])
  const starter = starterOf(process.pid)
  process.kill(starter, 'SIGKILL')
  await using other = new Box()
  await other.start(['true'])
  expect(await other.ended()).toMatchObject({code: 0})
  expect(starterOf(process.pid)).not.toBe(starter)
  expect((await box.exec(['true'])).pid).toBeGreaterThan(0)
  expect(existsSync(`/proc/${pid}`)).toBe(true)
})

test('it waits for none of them', async () => {
  await box.start(['true'])
  await box.ended()
  box.leave()
  const starter = starterOf(process.pid)
  const children = () => read(`/proc/${starter}/task/${starter}/children`).trim()
  await eventually(() => children() === '', 'the monitor is gone, not a zombie')
})

test('it ends with its starter, however that ends; the monitors do not', async () => {
  const program = Buffer.from(encodeProgram(box.steps(['sleep', '60']))).toString('base64')
  const script = `
    const {startMonitor} = require('./build/stack.node')
    const input = Buffer.from('${program}', 'base64')
    startMonitor({file: 'build/stack-monitor', env: [], input, log: '/dev/null'}).then(console.log)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', script], {stdio: ['ignore', 'pipe', 'inherit']})
  await new Promise(resolve => child.stdout.once('data', resolve))
  const watching = await watch(box.control)
  const starter = starterOf(child.pid as number)
  child.kill('SIGKILL')
  await eventually(() => !existsSync(`/proc/${starter}`), 'it is gone')
  expect((await box.exec(['true'])).pid).toBeGreaterThan(0)
  watching.leave()
})

test('a monitor that is not there is named', async () => {
  await expect(startMonitor(box.steps(['true']), {file: '/nonesuch'})).rejects.toThrow(
    'start program /nonesuch: No such file or directory (ENOENT)',
  )
})
