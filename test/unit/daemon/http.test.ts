import {once} from 'node:events'
import type {Server} from 'node:http'
import {type AddressInfo, connect} from 'node:net'
import {afterEach, describe, expect, test} from 'vitest'
import {StackError} from '../../../src/base/error.ts'
import {parseFilters} from '../../../src/daemon/filters.ts'
import {type Route, router} from '../../../src/daemon/http/router.ts'
import {apiServer} from '../../../src/daemon/http/server.ts'
import {versionOf} from '../../../src/daemon/http/version.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serving(
  routes: Route[],
  failed: (error: unknown, request: string) => void = () => undefined,
): Promise<number> {
  server = apiServer({routes, headers: {'Api-Version': '1.44'}, busy: () => undefined, failed})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('a name with slashes is one parameter', () => {
  const find = router([{method: 'GET', pattern: '/images/{name*}/json', handle: () => undefined}])
  expect(find('GET', '/images/apt://redis-server/json')?.params).toEqual({name: 'apt://redis-server'})
  expect(find('POST', '/images/x/json')).toBeUndefined()
})

test('versions: ours and older are taken off, newer and ancient ones refused', () => {
  expect(versionOf('/v1.44/_ping')).toBe('/_ping')
  expect(versionOf('/containers/json')).toBe('/containers/json')
  expect(() => versionOf('/v1.99/_ping')).toThrow(
    'client version 1.99 is too new. Maximum supported API version is 1.44',
  )
  expect(() => versionOf('/v1.10/_ping')).toThrow('too old')
})

test('filters come as maps and as lists', () => {
  expect(parseFilters('{"label":{"a=b":true,"c":false}}')).toEqual({label: ['a=b']})
  expect(parseFilters('{"label":["a=b"]}')).toEqual({label: ['a=b']})
  expect(() => parseFilters('{')).toThrow('invalid filters')
})

describe('answers', () => {
  test('errors have a message and the status of their code', async () => {
    const port = await serving([
      {
        method: 'GET',
        pattern: '/gone',
        handle: () => Promise.reject(new StackError('not-found', 'No such container: x')),
      },
      {method: 'POST', pattern: '/body', handle: async (request, reply) => reply.json(200, await request.json())},
    ])
    const gone = await fetch(`http://127.0.0.1:${port}/v1.41/gone`)
    expect([gone.status, await gone.json()]).toEqual([404, {message: 'No such container: x', code: 'not-found'}])
    const unknown = await fetch(`http://127.0.0.1:${port}/nope`)
    expect([unknown.status, await unknown.json()]).toMatchObject([404, {message: 'page not found'}])
    const bad = await fetch(`http://127.0.0.1:${port}/body`, {method: 'POST', body: '{'})
    expect([bad.status, await bad.text()]).toEqual([400, expect.stringContaining('the body is not JSON')])
  })

  test('a batch that is no list is refused; the failure of one is told with what it was', async () => {
    const failed: string[] = []
    const broken: Route = {method: 'GET', pattern: '/broken', handle: () => Promise.reject(new Error('ouch'))}
    const port = await serving([broken], (_error, request) => failed.push(request))
    const post = async (body: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}/stack/batch`, {method: 'POST', body})
      return [answer.status, (await answer.text()).trim()]
    }
    expect(await post('{}')).toEqual([400, expect.stringContaining('a batch is a list of requests')])
    expect(await post('[]')).toEqual([200, ''])
    expect(await post('[{"method":"GET","url":"/v1.44/broken"}]')).toEqual([200, '[0,500,{"message":"ouch"}]'])
    expect(failed).toEqual(['GET /v1.44/broken'])
  })

  const echo: Route = {
    method: 'POST',
    pattern: '/echo',
    async hijack(request, hijack) {
      const body = await request.json<{greeting: string}>()
      const client = hijack.accept('application/vnd.docker.raw-stream')
      client.write(`${body.greeting}\n`)
      client.on('data', chunk => client.write(chunk)).on('end', () => client.end('bye'))
    },
  }

  test.each([
    ['with a length', 'Content-Length: 17\r\n\r\n{"greeting":"hi"}'],
    ['chunked', 'Transfer-Encoding: chunked\r\n\r\n11\r\n{"greeting":"hi"}\r\n0\r\n\r\n'],
  ])('an upgrade with a body %s: the body is not stdin, and a half-close is not the end', async (_name, body) => {
    const port = await serving([echo])
    const socket = connect({port, host: '127.0.0.1', allowHalfOpen: true})
    socket.write(`POST /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n${body}over `)
    let text = ''
    socket.on('data', chunk => {
      text += chunk
      if (text.includes('over') && !socket.writableEnded) socket.end('and out')
    })
    await once(socket, 'close')
    expect(text.startsWith('HTTP/1.1 101 UPGRADED')).toBe(true)
    expect(text.split('\r\n\r\n')[1]).toBe('hi\nover and outbye')
  })

  test('without an upgrade the answer is raw until it closes', async () => {
    const port = await serving([
      {method: 'POST', pattern: '/say', hijack: async (_request, hijack) => void hijack.accept('x/y').end('said')},
    ])
    const answer = await fetch(`http://127.0.0.1:${port}/say`, {method: 'POST'})
    expect([answer.status, answer.headers.get('transfer-encoding'), await answer.text()]).toEqual([200, null, 'said'])
  })
})
