import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {expect, test} from 'vitest'
import type {ContainerRecord} from '../../../src/model/container.ts'
import {burstOf} from '../../../src/runtime/network/shaping.ts'
import {machine, paths, run} from './machine.ts'

const start = promisify(execFile)
const inside = (container: ContainerRecord, ...command: string[]) =>
  start('nsenter', [`--net=${paths.container(container.id).netns}`, ...command], {timeout: 20_000})

/** Takes what comes, and says how many bytes came each second between the first and the last. */
const sink = `
const server = require('node:net').createServer(c => {
  let begin, bytes = 0
  c.on('data', part => { begin === undefined ? (begin = performance.now()) : (bytes += part.length) })
  c.on('end', () => { console.log(bytes / (performance.now() - begin) * 1000); c.end(); server.close() })
}).listen(3000, '0.0.0.0')`
const source = `
const [host, bytes] = process.argv.slice(1)
const c = require('node:net').connect(3000, host, () => c.end(Buffer.alloc(+bytes)))
c.on('error', e => { if (e.code === 'ECONNREFUSED') process.exit(9); throw e })`

/** Bytes each second from one container to another, at 2 MB. */
async function measure(from: ContainerRecord, to: ContainerRecord, address: string, bytes: number): Promise<number> {
  const received = inside(to, process.execPath, '-e', sink)
  for (;;) {
    const refused = await inside(from, process.execPath, '-e', source, address, String(bytes)).then(
      () => false,
      error => error.code === 9,
    )
    if (!refused) return Number((await received).stdout)
  }
}

const megabyte = 1_000_000

test('a limited container sends and gets at its rate, others at theirs', async () => {
  await using here = await machine()
  await here.network('a')
  const options = {'stack.egress': String(2 * megabyte), 'stack.ingress': String(megabyte)}
  const limited = await here.container('limited', {networks: ['a'], more: {a: {options}}})
  const free = await here.container('free', {networks: ['a']})
  const [own, other] = [limited, free].map(each => here.networks.endpoints(each.id)[0]!)
  expect(own).toMatchObject({rates: {egress: 2 * megabyte, ingress: megabyte}})

  const sent = await measure(limited, free, other!.address, 2 * megabyte)
  expect(sent / megabyte).toBeGreaterThan(1)
  expect(sent / megabyte).toBeLessThan(2.2)
  const got = await measure(free, limited, own!.address, megabyte)
  expect(got / megabyte).toBeGreaterThan(0.5)
  expect(got / megabyte).toBeLessThan(1.1)
  const third = await here.container('third', {networks: ['a']})
  expect((await measure(third, free, other!.address, 20 * megabyte)) / megabyte).toBeGreaterThan(10)

  const queue = JSON.parse(run('host', 'tc', '-j', 'qdisc', 'show', 'dev', own!.link))
  expect(queue).toMatchObject([{kind: 'tbf', options: {rate: megabyte}}])
  await here.restart()
  expect(run(limited, 'tc', 'qdisc', 'show', 'dev', 'eth0')).toContain('tbf')
})

test('rates beyond 32 bits are kept, and what is no rate leaves nothing behind', async () => {
  await using here = await machine()
  await here.network('a')
  const rate = 12_500_000_000
  const fast = await here.container('fast', {networks: ['a'], more: {a: {options: {'stack.egress': String(rate)}}}})
  expect(JSON.parse(run(fast, 'tc', '-j', 'qdisc', 'show', 'dev', 'eth0'))).toMatchObject([{options: {rate}}])
  const more = {a: {options: {'stack.ingress': 'fast'}}}
  await expect(here.container('bad', {networks: ['a'], more})).rejects.toThrow('stack.ingress: "fast" is not a number')
  expect(run('host', 'ip', '-o', 'link', 'show', 'type', 'veth').trim().split('\n')).toHaveLength(1)
})

test('a burst holds packets of any size, and no more than a moment of the rate', () => {
  expect(burstOf(1000, 1500)).toBe(16 * 1024)
  expect(burstOf(1000, 65_535)).toBe(4 * 65_535)
  expect(burstOf(125_000_000, 1500)).toBe(1_250_000)
})
