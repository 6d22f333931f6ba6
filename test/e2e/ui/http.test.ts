import {execFileSync} from 'node:child_process'
import {readFile} from 'node:fs/promises'
import {afterAll, beforeAll, expect, test} from 'vitest'
import type {Message} from '../../../src/web/messages.ts'
import {eventReader} from '../../../src/web/page/stream.ts'
import {daemonPid, states} from '../../support/observed.ts'
import {eventually, Workplace} from '../../support/stack.ts'
import {askPage, end, type Served, serve, servedBy} from './served.ts'

let place: Workplace
let served: Served

beforeAll(async () => {
  place = await Workplace.make('test/e2e/ui')
  expect(await place.stack('up', '-d', '--wait')).toMatchObject({code: 0})
  served = await serve(place)
})
afterAll(() => place?.[Symbol.asyncDispose]())

const authorized = () => ({authorization: `Bearer ${served.token}`})
const origin = () => `http://127.0.0.1:${served.port}`

async function status(path: string, sent?: Parameters<typeof askPage>[2]): Promise<number | undefined> {
  const answer = await askPage(served.port, path, sent)
  answer.destroy()
  return answer.statusCode
}

const order = (what: string, body: object, headers = {origin: origin()}) =>
  status(`/${what}`, {method: 'POST', headers: {...authorized(), ...headers}, body: JSON.stringify(body)})

/** Everything that is told until it is as it is wanted. */
async function heard(isEnough: (messages: readonly Message[]) => boolean): Promise<Message[]> {
  const answer = await askPage(served.port, '/events', {headers: authorized()})
  const messages: Message[] = []
  const read = eventReader(data => messages.push(JSON.parse(data) as Message))
  for await (const piece of answer.setEncoding('utf8')) {
    read(piece as string)
    if (isEnough(messages)) break
  }
  answer.destroy()
  return messages
}

const isLoad = ({kind}: Message) => kind === 'loads'

test('the page and its parts are there', async () => {
  for (const path of ['/', '/page.js', '/page.css', '/icon.svg']) expect(await status(path)).toBe(200)
  expect(await status('/compose.yaml')).toBe(404)
})

test('only this machine can reach it', () => {
  const listening = execFileSync('ss', ['-Hltn', `sport = :${served.port}`], {encoding: 'utf8'}).trim()
  expect(listening.split('\n')).toHaveLength(1)
  expect(listening).toContain(`127.0.0.1:${served.port}`)
})

test('without the token, by another name, and from another page nothing is told or done', async () => {
  expect(await status('/events')).toBe(401)
  expect(await status('/events', {headers: {authorization: 'Bearer none'}})).toBe(401)
  expect(await status('/', {headers: {host: `stack.example:${served.port}`}})).toBe(403)
  expect(await status('/events', {headers: {...authorized(), host: 'stack.example'}})).toBe(403)
  expect(await order('scale', {service: 'web', to: 2}, {origin: 'http://127.0.0.1:8080'})).toBe(403)
  expect(await status('/scale', {method: 'POST', headers: {origin: origin()}, body: '{}'})).toBe(401)
  expect(await states(place)).toContain('web-1 running')
  expect(await states(place)).not.toContain('web-2 running')
})

test('what runs is told, with what it uses and writes, and nothing of what it is configured with', async () => {
  const isWhole = (messages: readonly Message[]) =>
    messages.filter(isLoad).length >= 2 && JSON.stringify(messages).includes('waiting for jobs')
  const messages = await heard(isWhole)
  const whole = JSON.stringify(messages)
  expect(whole).toContain('database system is ready')
  expect(whole).not.toContain('hunter2')
  expect(whole).not.toContain(place.directory)
  const loads = messages.findLast(isLoad)
  expect(loads).toMatchObject({kind: 'loads', points: {worker: {cpu: expect.any(Number)}}})
  if (loads?.kind === 'loads') {
    expect(loads.points.worker?.cpu).toBeGreaterThan(0.001)
    expect(loads.points.worker?.memory).toBeGreaterThan(1e6)
  }
})

test('scale and restart do what the commands do', async () => {
  expect(await order('scale', {service: 'web', to: 3})).toBe(202)
  await eventually(async () => (await states(place)).includes('web-3 running'), {what: 'web-3'})
  const restarted = heard(messages =>
    messages.some(each => each.kind === 'work' && each.work.order.what === 'restart' && each.work.phase === 'done'),
  )
  await eventually(async () => (await order('restart', {service: 'worker'})) === 202, {what: 'a restart'})
  await restarted
  const {stdout} = await place.stack('logs', 'worker')
  expect(stdout.match(/waiting for jobs/g)).toHaveLength(2)
  expect(served.said()).toContain('Container shop-web-3  Started')
})

test('an order that cannot be done says why, and the page goes on', async () => {
  const compose = await readFile(`${place.directory}/compose.yaml`, 'utf8')
  await place.write('compose.yaml', `${compose}\n  broken: [`)
  const failed = heard(messages => messages.some(each => each.kind === 'work' && each.work.phase === 'failed'))
  expect(await order('scale', {service: 'web', to: 1})).toBe(202)
  expect(JSON.stringify(await failed)).toContain('the Compose file has errors')
  await place.write('compose.yaml', compose)
  expect(await states(place)).toContain('web-3 running')
  expect(await order('scale', {service: 'nobody', to: 1})).toBe(400)
  expect(await order('scale', {service: 'web', to: 1})).toBe(202)
  await eventually(async () => !(await states(place)).includes('web-2 running'), {what: 'one web'})
})

test('when the daemon is killed it goes on, and no line is told twice', async () => {
  process.kill(daemonPid()!, 'SIGKILL')
  const messages = await heard(
    all => all.filter(isLoad).length >= 3 && all.filter(({kind}) => kind === 'lines').length >= 3,
  )
  const jobs = messages
    .flatMap(each => (each.kind === 'all' || each.kind === 'lines' ? each.lines : []))
    .filter(({text, service}) => service === 'worker' && text.startsWith('job'))
    .map(({at}) => at)
  expect(jobs.length).toBeGreaterThan(3)
  expect(new Set(jobs).size).toBe(jobs.length)
})

test('a service that the file has got since is shown after the next order', async () => {
  const compose = await readFile(`${place.directory}/compose.yaml`, 'utf8')
  const more = '  later: {image: host://, command: sleep infinity, init: true}'
  await place.write('compose.yaml', `${compose}\n${more}\n`)
  expect(await order('restart', {service: 'cache'})).toBe(202)
  await heard(all => JSON.stringify(all).includes('"name":"later"'))
  await place.write('compose.yaml', compose)
})

test('a port that is taken is said, and so is a service that is not there', async () => {
  const taken = await place.stack('ui', '--port', String(served.port))
  expect(taken).toMatchObject({code: 1})
  expect(taken.stderr).toContain('--port N')
  expect((await place.stack('ui', 'nobody')).code).not.toBe(0)
})

test('Ctrl-C ends it at once, its streams too, and leaves the containers', async () => {
  const answer = await askPage(served.port, '/events', {headers: authorized()})
  const rest = (async () => {
    let text = ''
    for await (const piece of answer.setEncoding('utf8')) text += piece
    return text
  })()
  const began = Date.now()
  expect(await end(served)).toBe(130)
  expect(Date.now() - began).toBeLessThan(3000)
  expect(await rest).toContain('data: {"kind":"ended"}')
  expect(await states(place)).toContain('web-1 running')
})

test('what does not run yet is shown, and can be started', async () => {
  expect(await place.stack('down', '-t', '1')).toMatchObject({code: 0})
  served = await serve(place, 'cache', 'db')
  const [first] = await heard(all => all.some(each => 'services' in each && each.services.length === 2))
  expect(JSON.stringify(first)).not.toContain('migrate')
  expect(await order('scale', {service: 'worker', to: 1})).toBe(400)
  expect(await order('scale', {service: 'cache', to: 1})).toBe(202)
  await eventually(async () => (await states(place)).join() === 'cache-1 running', {what: 'the cache'})
  expect(await end(served)).toBe(130)
})

test('without a file what runs is shown; it can be started again, and not scaled', async () => {
  const elsewhere = await Workplace.make({})
  try {
    const child = elsewhere.begin(process.execPath, [elsewhere.stackProgram, '-p', 'shop', 'ui'])
    served = await servedBy(child)
    const [first] = await heard(all => all.some(each => 'services' in each && each.services.length === 1))
    expect(JSON.stringify(first)).toContain('there is no Compose file here')
    const failed = heard(all => all.some(each => each.kind === 'work' && each.work.phase === 'failed'))
    expect(await order('scale', {service: 'cache', to: 2})).toBe(202)
    await failed
    const done = heard(all => all.some(each => each.kind === 'work' && each.work.phase === 'done'))
    expect(await order('restart', {service: 'cache'})).toBe(202)
    await done
    expect(await end(served)).toBe(130)
  } finally {
    await elsewhere[Symbol.asyncDispose]()
  }
})
