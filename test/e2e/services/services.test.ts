import {existsSync} from 'node:fs'
import {afterEach, expect, test} from 'vitest'
import {native} from '../../../src/native/binding.ts'
import {ownerOf} from '../../../src/runtime/network/open.ts'
import {commonCgroup} from '../../../src/runtime/open.ts'
import {pathsFrom} from '../../../src/runtime/paths.ts'
import {daemonPid, processes, rows} from '../../support/observed.ts'
import {collect, eventually, Workplace} from '../../support/stack.ts'

let place: Workplace | undefined
afterEach(async () => {
  await place?.[Symbol.asyncDispose]()
  place = undefined
})

/** Answers with its name; finishes what it has begun when it is told to stop. */
const server = `
const server = require('node:http').createServer((request, response) => {
  const name = require('node:os').hostname()
  if (request.url !== '/slow') return response.end(name)
  response.write(name + ' ')
  setTimeout(() => response.end('to the end'), 1500)
})
server.listen(3000)
process.on('SIGTERM', () => server.close(() => process.exit(0)))`

/** Asks all the time, ten at once, a new connection each; at its end says how often who answered. */
const client = `
const http = require('node:http')
const count = {}
let going = true
async function ask() {
  while (going) await new Promise(done => {
    const note = key => { count[key] = (count[key] ?? 0) + 1; done() }
    const request = http.get('http://web:3000', {agent: false}, answer => {
      let text = ''
      answer.on('data', part => { text += part })
      answer.on('end', () => note(text))
      answer.on('error', error => note('failed ' + error.code))
    })
    request.on('error', error => note('failed ' + error.code))
  })
}
const all = Array.from({length: 10}, ask)
console.log('asking')
setInterval(async () => {
  if (!going || !require('node:fs').existsSync('/tmp/end')) return
  going = false
  await Promise.all(all)
  console.log(JSON.stringify(count))
  process.exit(0)
}, 50)`

const compose = `name: services
services:
  web:
    image: host://
    command: [node, /server.js]
    configs: [{source: server, target: /server.js}]
    healthcheck:
      test: [CMD, node, -e, "require('net').connect(3000, '127.0.0.1', () => process.exit(0)).on('error', () => process.exit(1))"]
      interval: 1s
    stop_grace_period: 5s
    scale: 2
  client:
    image: host://
    command: [sleep, infinity]
    init: true
    configs: [{source: client, target: /client.js}]
configs:
  server: {content: ${JSON.stringify(server).replaceAll('$', '$$')}}
  client: {content: ${JSON.stringify(client).replaceAll('$', '$$')}}
`

const begin = async (): Promise<Workplace> => {
  place = await Workplace.make({'compose.yaml': compose})
  expect(await place.stack('up', '-d', '--wait')).toMatchObject({code: 0})
  return place
}
const inClient = async (here: Workplace, ...words: string[]) =>
  (await here.stack('exec', '-T', 'client', ...words)).stdout.trim()
const lookup = (here: Workplace, name: string) =>
  inClient(
    here,
    'node',
    '-e',
    `require('dns').resolve4('${name}', (e, all) => console.log(e ? e.code : all.sort().join(' ')))`,
  )
const get = (here: Workplace, path = '/') =>
  inClient(
    here,
    ...['node', '-e'],
    `require('http').get('http://web:3000${path}', {agent: false}, a => a.pipe(process.stdout)).on('error', e => console.log(e.code))`,
  )

test('no request fails while a service is scaled from 2 to 10 and back, and all ten get their part', async () => {
  const here = await begin()
  const address = await lookup(here, 'web')
  expect(address).toMatch(/^[\d.]+$/)
  const asking = here.start('exec', '-T', 'client', 'node', '/client.js')
  const output = collect(asking.stdout)
  await eventually(() => output().includes('asking'))
  expect(await here.stack('scale', 'web=10')).toMatchObject({code: 0})
  await eventually(async () => (await lookup(here, 'tasks.web')).split(' ').length === 10)
  expect(await lookup(here, 'web')).toBe(address)
  await new Promise(resolve => setTimeout(resolve, 500))
  expect(await here.stack('scale', 'web=2')).toMatchObject({code: 0})
  await inClient(here, 'touch', '/tmp/end')
  const text = await eventually(() => output().split('asking\n')[1])
  const count = JSON.parse(text) as Record<string, number>
  expect(Object.keys(count).filter(each => each.startsWith('failed'))).toEqual([])
  expect(Object.keys(count)).toHaveLength(10)
  expect(await lookup(here, 'web')).toBe(address)
})

test('a request that has begun is finished by a replica that is stopped', async () => {
  const here = await begin()
  const slow = get(here, '/slow')
  await new Promise(resolve => setTimeout(resolve, 700))
  await here.stack('stop', 'web')
  expect(await slow).toMatch(/to the end$/)
  expect(await get(here), 'nobody is left').toBe('ECONNREFUSED')
  expect((await here.stack('start', 'web')).code).toBe(0)
  await eventually(async () => (await get(here)) !== 'ECONNREFUSED')
})

test('the address stays through recreation, and works on while the daemon is dead', async () => {
  const here = await begin()
  const address = await lookup(here, 'web')
  const before = (await rows(here)).find(each => each.Service === 'web')?.ID
  expect(await here.stack('up', '-d', '--wait', '--force-recreate', 'web')).toMatchObject({code: 0})
  expect((await rows(here)).map(each => each.ID)).not.toContain(before)
  expect(await lookup(here, 'web')).toBe(address)
  const asking = here.start('exec', '-T', 'client', 'node', '/client.js')
  const output = collect(asking.stdout)
  await eventually(() => output().includes('asking'))
  const where = {cgroup: commonCgroup().cgroup!, owner: ownerOf(pathsFrom(process.env))}
  process.kill(daemonPid()!, 'SIGKILL')
  expect(await native().listServices(where)).toContainEqual({
    address,
    replicas: expect.arrayContaining([expect.any(String)]),
  })
  await eventually(async () => (await get(here)).length === 12)
  expect((await native().listServices(where)).find(each => each.address === address)?.replicas).toHaveLength(2)

  // A replica that dies while no daemon runs is left out once its monitor has brought one back.
  const [victim] = processes('node /server.js').filter(each => !processes('stack-monitor').includes(each))
  process.kill(daemonPid()!, 'SIGKILL')
  process.kill(victim!, 'SIGKILL')
  await eventually(
    async () => (await native().listServices(where)).find(each => each.address === address)?.replicas.length === 1,
  )
  for (let request = 0; request < 4; request++) expect(await get(here)).toHaveLength(12)

  await here.stack('down', '-t', '1')
  await eventually(() => !existsSync('/run/stack/stack.sock'), {what: 'the daemon leaves'})
  await eventually(
    () =>
      native()
        .listServices(where)
        .then(
          () => false,
          () => true,
        ),
    {what: 'nothing left in the kernel'},
  )
})

test('endpoint_mode: dnsrr gives the replicas by their service’s name; another value is an error with its place', async () => {
  const text = (mode: string) =>
    `name: turns\nservices:\n  web: {image: "host://", command: sleep 100, stop_signal: SIGKILL, deploy: {replicas: 2, endpoint_mode: ${mode}}}\n`
  place = await Workplace.make({'compose.yaml': text('dnsrr')})
  expect(await place.stack('up', '-d')).toMatchObject({code: 0})
  const resolve = `require('dns').resolve4('web', (e, all) => console.log(e ? e.code : all.sort().join(' ')))`
  const seen = async () => (await place!.stack('exec', '-T', 'web', 'node', '-e', resolve)).stdout.trim().split(' ')
  expect(await seen()).toHaveLength(2)
  await place.write('compose.yaml', text('vip'))
  expect(await place.stack('up', '-d')).toMatchObject({code: 0})
  expect(await seen()).toHaveLength(1)
  await place.write('compose.yaml', text('turns'))
  expect((await place.stack('up', '-d')).stderr).toMatch(/compose\.yaml:3:\d+.*endpoint_mode/s)
  await place.write('compose.yaml', text('vip'))
})
