import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import type {Server} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {deferred} from '../../../../src/base/deferred.ts'
import {StackError} from '../../../../src/base/error.ts'
import type {Route} from '../../../../src/daemon/http/router.ts'
import {apiServer} from '../../../../src/daemon/http/server.ts'
import {batching} from '../../../../src/engine/api/batch.ts'
import {openClient} from '../../../../src/engine/api/client.ts'

let directory: string
let server: Server | undefined
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-batch-'))
})
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  rmSync(directory, {recursive: true})
})

const say: Route = {
  method: 'POST',
  pattern: '/say/{word}',
  async handle({params, query, json}, reply) {
    const {more} = await json<{more?: string}>()
    if (params.word === 'nothing') throw new StackError('not-found', 'No such word', {hint: 'say another'})
    if (params.word === 'again') throw new StackError('not-modified', 'said already')
    if (params.word === 'quiet') return reply.empty(204)
    reply.json(200, [params.word, query.get('loud'), more ?? ''].join(' '))
  },
}

/** The batching client of a server with these routes, and the requests that it got. */
async function asking(routes: Route[] = [say]) {
  server = apiServer({routes, headers: {}, busy: () => undefined, failed: () => undefined})
  const requests: string[] = []
  server.on('request', ({method, url}) => requests.push(`${method} ${url}`))
  const path = join(directory, 'socket')
  server.listen(path)
  await once(server, 'listening')
  return {requests, send: batching(await openClient({address: {kind: 'unix', path}}))}
}

test('requests of one moment go together, each with its own answer; one that is alone goes as it is', async () => {
  const {requests, send} = await asking()
  const answers = await Promise.allSettled([
    send({method: 'POST', path: '/say/one', query: {loud: true}, body: {more: 'ä'}}),
    send({method: 'POST', path: '/say/nothing'}),
    send({method: 'POST', path: '/say/quiet'}),
    send({method: 'POST', path: '/say/again'}),
    send({method: 'GET', path: '/say/one'}),
  ])
  expect(answers).toEqual([
    {status: 'fulfilled', value: 'one true ä'},
    {
      status: 'rejected',
      reason: expect.objectContaining({code: 'not-found', message: 'No such word', hint: 'say another'}),
    },
    {status: 'fulfilled', value: undefined},
    {status: 'fulfilled', value: undefined},
    {status: 'rejected', reason: expect.objectContaining({code: 'not-found', message: 'page not found'})},
  ])
  expect(await send({method: 'POST', path: '/say/two', query: {loud: 1}})).toBe('two 1 ')
  expect(requests).toEqual(['POST /stack/batch', 'POST /say/two?loud=1'])
})

test('one that takes long keeps nobody waiting; what is not answered when the engine goes has failed', async () => {
  const isNeverDone = deferred<void>()
  const {send} = await asking([say, {method: 'POST', pattern: '/wait', handle: () => isNeverDone.promise}])
  const waiting = send({method: 'POST', path: '/wait'})
  waiting.catch(() => {})
  expect(await send({method: 'POST', path: '/say/hello'})).toBe('hello  ')
  server?.closeAllConnections()
  await expect(waiting).rejects.toMatchObject({code: 'engine-unreachable'})
})

test('what does not answer with JSON has to come alone', async () => {
  const {send} = await asking([
    {method: 'GET', pattern: '/stream', handle: (_request, reply) => void reply.stream(200, 'text/plain').end('x')},
    {method: 'POST', pattern: '/raw', hijack: async (_request, hijack) => void hijack.accept('x/y').end()},
  ])
  const answers = await Promise.allSettled([
    send({method: 'GET', path: '/stream'}),
    send({method: 'POST', path: '/raw'}),
    send({method: 'POST', path: '/stack/batch', body: []}),
  ])
  for (const answer of answers) {
    expect(answer).toMatchObject({status: 'rejected', reason: {message: 'this request has to come alone'}})
  }
})
