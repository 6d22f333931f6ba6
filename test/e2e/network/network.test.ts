import {execFileSync} from 'node:child_process'
import {get} from 'node:http'
import {text} from 'node:stream/consumers'
import {afterEach, expect, test} from 'vitest'
import {processes, rows} from '../../support/observed.ts'
import {collect, eventually, Workplace} from '../../support/stack.ts'

let place: Workplace | undefined
afterEach(async () => {
  await place?.[Symbol.asyncDispose]()
  place = undefined
})

const begin = async (compose: string): Promise<Workplace> => {
  place = await Workplace.make({'compose.yaml': `name: net\n${compose}`})
  return place
}

const inside = async (here: Workplace, service: string, program: string): Promise<string> =>
  (await here.stack('exec', '-T', service, 'node', '-e', program)).stdout.trim()

test('names, ports by name and limits, as a container sees them', async () => {
  const here = await begin(`services:
  web:
    image: host://
    command: [sleep, infinity]
    init: true
    scale: 2
    ports: [{name: http, target: 80}, {target: 81}]
    x-network-limits: {egress: 10mbit, ingress: 1mbps}
  client: {image: "host://", command: [sleep, infinity], init: true}
`)
  expect(await here.stack('up', '-d')).toMatchObject({code: 0})
  const dns = (call: string) =>
    inside(
      here,
      'client',
      `require('dns').promises.${call}.then(x => console.log(JSON.stringify(x)), e => console.log(e.code))`,
    )
  expect(JSON.parse(await dns(`resolveSrv('_http._tcp.web')`))).toMatchObject([{name: 'web', port: 80}])
  expect(await dns(`resolveSrv('_other._tcp.web')`)).toBe('ENODATA')
  expect(await dns(`resolve6('web')`), 'the name is there, an IPv6 address is not').toBe('ENODATA')
  expect(JSON.parse(await dns(`lookup('web', {all: true})`)), 'as the C library has it').toHaveLength(1)
  expect(await dns(`lookup('web', {family: 6})`)).toBe('ENOTFOUND')

  const sending = (await here.stack('exec', '-T', 'web', 'tc', 'qdisc', 'show', 'dev', 'eth0')).stdout
  expect(sending).toMatch(/tbf .* rate 10Mbit/)
  const getting = execFileSync('tc', ['qdisc', 'show'], {encoding: 'utf8'})
    .split('\n')
    .filter(line => line.includes('tbf'))
  expect(getting).toEqual([expect.stringContaining('rate 8Mbit'), expect.stringContaining('rate 8Mbit')])
  const before = (await rows(here)).map(each => each.ID).sort()
  expect(await here.stack('up', '-d')).toMatchObject({code: 0})
  expect((await rows(here)).map(each => each.ID).sort(), 'nothing has changed').toEqual(before)
})

const server = `
const {createServer} = require('node:http')
createServer((request, response) => setTimeout(() => response.end(require('node:os').hostname()), 20)).listen(3000)`

/** Eight at once, a new connection each, until /tmp/end is there; says what failed, and who answered how often. */
const client = `
const http = require('node:http')
const [failed, count] = [[], {}]
const isOver = () => require('node:fs').existsSync('/tmp/end')
const once = () => new Promise(done => {
  const fail = error => { failed.push(error.code); setTimeout(done, 100) }
  http.get('http://web:3000', {agent: false}, answer => {
    let name = ''
    answer.on('data', part => { name += part })
    answer.on('end', () => { count[name] = (count[name] ?? 0) + 1; done() })
    answer.on('error', fail)
  }).on('error', fail)
})
const worker = async () => { while (!isOver()) await once() }
console.log('asking')
Promise.all(Array.from({length: 8}, worker)).then(() => console.log(JSON.stringify({failed, count})))`

test('a replica that is killed under load: no more fail than the requests that were on their way', async () => {
  const here = await begin(`services:
  web:
    image: host://
    command: [node, /server.js]
    configs: [{source: server, target: /server.js}]
    healthcheck: {test: [CMD, node, -e, "require('net').connect(3000).on('connect', () => process.exit(0))"]}
    scale: 3
    ports: ["8095:3000"]
    stop_signal: SIGKILL
  client:
    image: host://
    command: [sleep, infinity]
    init: true
    configs: [{source: client, target: /client.js}]
configs:
  server: {content: ${JSON.stringify(server.replaceAll('$', '$$$$'))}}
  client: {content: ${JSON.stringify(client.replaceAll('$', '$$$$'))}}
`)
  expect(await here.stack('up', '-d', '--wait')).toMatchObject({code: 0})
  const asking = here.start('exec', '-T', 'client', 'node', '/client.js')
  const output = collect(asking.stdout)
  await eventually(() => output().includes('asking'))
  await new Promise(resolve => setTimeout(resolve, 1000))
  const [victim] = processes('node /server.js').filter(each => !processes('stack-monitor').includes(each))
  process.kill(victim!, 'SIGKILL')
  await new Promise(resolve => setTimeout(resolve, 1000))
  await here.stack('exec', '-T', 'client', 'touch', '/tmp/end')
  const {failed, count} = JSON.parse(await eventually(() => output().split('\n')[1]))
  expect(Object.keys(count)).toHaveLength(3)
  expect(failed.length, `failed: ${failed}`).toBeLessThanOrEqual(8)

  const asked = await Promise.all(Array.from({length: 20}, () => published(8095)))
  expect(new Set(asked).size, 'the published port leads to those that are left').toBe(2)
  for (const name of new Set(asked)) expect(asked.filter(each => each === name)).toHaveLength(10)
})

const published = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    get({port, host: '127.0.0.1', agent: false}, answer => resolve(text(answer))).on('error', reject)
  })
