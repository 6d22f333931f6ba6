import {once} from 'node:events'
import {request as ask, type IncomingMessage, type RequestOptions} from 'node:http'
import {connect} from 'node:net'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {deferred} from '../../../src/base/deferred.ts'
import {StackError} from '../../../src/base/error.ts'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {execute} from '../../../src/execute/execute.ts'
import {perform} from '../../../src/execute/perform.ts'
import type {Project} from '../../../src/model/project.ts'
import {planUp} from '../../../src/plan/up.ts'
import type {Everything, Message, Order} from '../../../src/web/messages.ts'
import {eventReader} from '../../../src/web/page/stream.ts'
import {serveWeb} from '../../../src/web/web.ts'
import {dependsOn, project as projectOf, service} from '../../support/project.ts'

const shop: Project = projectOf([
  service('web', {dependsOn: {db: dependsOn()}, environment: {PASSWORD: 'hunter2'}}),
  service('db', {command: ['echo', 'ready'], containerName: 'the-db', labels: {secret: 'hunter2'}}),
])
const assets = Object.fromEntries(
  ['/', '/page.js', '/page.css', '/icon.svg'].map(path => [path, {type: 'text/plain', content: Buffer.from(path)}]),
)

let engine: MemoryEngine
let ending: AbortController
let served: Promise<void>
let port: number
let token: string
let orders: Order[]
let performing: (order: Order) => Promise<void>

beforeEach(async () => {
  engine = new MemoryEngine({now: Date.now})
  ending = new AbortController()
  orders = []
  performing = async () => {}
  await execute(planUp(shop, await engine.observe('shop')).steps, perform(engine, 'shop'))
  await begin()
})

afterEach(async () => {
  ending.abort()
  await served
})

async function begin(more: {port?: number; services?: readonly string[]} = {}): Promise<void> {
  const opened = deferred<string>()
  served = serveWeb({
    ...{engine, name: 'shop', project: () => shop, services: [], port: 0, signal: ending.signal, assets},
    ...more,
    opened: opened.resolve,
    perform: order => {
      orders.push(order)
      return performing(order)
    },
  })
  served.catch(opened.reject)
  const address = new URL(await opened.promise)
  port = Number(address.port)
  token = address.hash.slice(1)
}

type Sent = RequestOptions & {readonly body?: string}

async function send(path: string, {body = '', ...more}: Sent = {}): Promise<IncomingMessage> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(more.method === 'POST' ? {origin: `http://127.0.0.1:${port}`} : {}),
    ...more.headers,
  }
  const asked = ask({host: '127.0.0.1', port, path, agent: false, ...more, headers}).end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return answer
}

async function text(answer: IncomingMessage): Promise<string> {
  let whole = ''
  for await (const chunk of answer.setEncoding('utf8')) whole += chunk
  return whole
}

const statusOf = async (path: string, sent?: Sent): Promise<number | undefined> => {
  const answer = await send(path, sent)
  answer.destroy()
  return answer.statusCode
}
const post = (what: string, order: unknown): Promise<IncomingMessage> =>
  send(`/${what}`, {method: 'POST', body: JSON.stringify(order)})

/** Listens until a message is as it is wanted, and gives all that came until then. */
async function heardUntil(isLast: (message: Message) => boolean): Promise<Message[]> {
  const answer = await send('/events')
  const heard: Message[] = []
  const read = eventReader(data => heard.push(JSON.parse(data) as Message))
  for await (const piece of answer.setEncoding('utf8')) {
    read(piece as string)
    if (heard.some(isLast)) break
  }
  answer.destroy()
  return heard
}

/** Asks for everything until it is as it is wanted. */
async function eventually(isWanted: (everything: Everything) => boolean): Promise<void> {
  for (let heard = await heardUntil(() => true); ; heard = await heardUntil(() => true))
    if (heard[0]?.kind === 'all' && isWanted(heard[0])) return
}

describe('who is let in', () => {
  test('the page is for everybody on this machine, what it shows is not', async () => {
    const answer = await send('/', {headers: {authorization: ''}})
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    expect(await text(answer)).toBe('/')
    expect(await statusOf('/events', {headers: {authorization: ''}})).toBe(401)
    expect(await statusOf('/scale', {method: 'POST', headers: {authorization: 'Bearer x'}})).toBe(401)
    expect(await statusOf('/events', {headers: {host: `stack.example:${port}`}})).toBe(403)
    expect(await statusOf('/', {headers: {host: 'stack.example'}})).toBe(403)
    expect(await statusOf('/restart', {method: 'POST', headers: {origin: 'http://example.com'}})).toBe(403)
  })

  test.each(['/nothing', '/events?x', '/../etc/passwd', '/page.js/', '//', '/__proto__', '/constructor'])(
    '%s is not there',
    async path => expect(await statusOf(path)).toBe(404),
  )

  test('only loopback is listened on', async () => {
    const outside = connect({host: '127.0.0.2', port})
    await expect(once(outside, 'connect')).rejects.toMatchObject({code: 'ECONNREFUSED'})
  })

  test('a port that is taken is an error with what to do', async () => {
    const before = {served, ending}
    await expect(begin({port})).rejects.toMatchObject({code: 'port-taken', hint: 'take another one: --port N'})
    ;({served, ending} = before)
  })

  test('so many pages and no more', async () => {
    const open = await Promise.all(Array.from({length: 16}, () => send('/events')))
    expect(await statusOf('/events')).toBe(503)
    for (const each of open) each.destroy()
  })
})

describe('what is told', () => {
  test('everything at first, nothing secret in it', async () => {
    await eventually(({lines, services}) => lines.length > 0 && services.length === 2)
    const heard = await heardUntil(({kind}) => kind === 'all')
    const first = heard[0]
    expect(JSON.stringify(heard)).not.toContain('hunter2')
    expect(first).toMatchObject({
      project: 'shop',
      services: [
        {name: 'db', dependsOn: [], fixed: 'its one container is called the-db'},
        {name: 'web', dependsOn: [{name: 'db', condition: 'service_started'}], fixed: ''},
      ],
    })
  })

  test('what changes, when it changes', async () => {
    const id = (await engine.observe('shop')).containers.find(each => each.service === 'web')!.id
    await eventually(({services}) => services.length === 2)
    const heard = heardUntil(
      message =>
        message.kind === 'services' &&
        message.services.some(({name, replicas}) => name === 'web' && replicas[0]?.status === 'exited'),
    )
    await engine.stopContainer(id)
    expect((await heard).at(-1)?.kind).toBe('services')
  })

  test('that it ends', async () => {
    const heard = heardUntil(({kind}) => kind === 'ended')
    await new Promise(resolve => setTimeout(resolve, 50))
    ending.abort()
    expect((await heard).at(-1)).toEqual({kind: 'ended'})
    await served
  })
})

describe('orders', () => {
  test('are taken, done one after the other, and told', async () => {
    const until = deferred<void>()
    performing = () => until.promise
    const heard = heardUntil(
      message => message.kind === 'work' && message.work.id === 2 && message.work.phase === 'failed',
    )
    expect((await post('scale', {service: 'web', to: 3})).statusCode).toBe(202)
    expect((await post('restart', {service: 'db'})).statusCode).toBe(202)
    expect(orders).toEqual([{service: 'web', what: 'scale', to: 3}])
    const again = await post('restart', {service: 'web'})
    expect([again.statusCode, await text(again)]).toEqual([409, 'something is being done with "web" already\n'])
    performing = async () => {
      throw new StackError('conflict', 'it cannot be')
    }
    until.resolve()
    const works = (await heard).flatMap(message => (message.kind === 'work' ? [message.work] : []))
    expect(works.filter(({id}) => id === 1).map(({phase}) => phase)).toEqual(['waiting', 'working', 'done'])
    expect(works.at(-1)).toMatchObject({id: 2, phase: 'failed', error: 'it cannot be'})
  })

  test.each([
    ['scale', '{', 400],
    ['scale', '{"service": "web"}', 400],
    ['scale', '{"service": "web", "to": -1}', 400],
    ['scale', '{"service": "web", "to": 1.5}', 400],
    ['scale', '{"service": "web", "to": 101}', 400],
    ['scale', '{"service": 1, "to": 1}', 400],
    ['restart', 'null', 400],
    ['restart', '{"service": "nobody"}', 400],
    ['restart', `{"service": "${'x'.repeat(2000)}"}`, 413],
  ])('%# %s: %s', async (what, body, status) => {
    expect(await statusOf(`/${what}`, {method: 'POST', body})).toBe(status)
    expect(orders).toEqual([])
  })
})
