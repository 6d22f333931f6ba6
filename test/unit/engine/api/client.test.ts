import {rmSync} from 'node:fs'
import {createServer, type IncomingMessage} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {openClient} from '../../../../src/engine/api/client.ts'

const broken = Object.assign(new Error('write EPIPE'), {code: 'EPIPE'})

test('what a leaving engine has not read is sent again, but for what can be sent only once', async () => {
  const path = join(tmpdir(), `stack-client-${process.pid}.sock`)
  const client = await openClient({address: {kind: 'unix', path}})
  let asked = 0
  const first = () => {
    asked++
    return asked === 1 ? Promise.reject(broken) : Promise.resolve('heard')
  }
  expect(await client.ask(first)).toBe('heard')
  asked = 0
  await expect(client.ask(first, {isOnce: true})).rejects.toMatchObject({cause: broken})
  expect(asked).toBe(1)
})

test('a body goes into the request, not into the address', async () => {
  const path = join(tmpdir(), `stack-client-${process.pid}-2.sock`)
  const seen: string[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    seen.push(`${request.method} ${request.url} ${Buffer.concat(pieces)}`)
    response.end('{}')
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  try {
    const client = await openClient({address: {kind: 'unix', path}})
    await client.call({method: 'POST', path: '/build', query: {pull: 1}, body: {Context: '/here'}})
    expect(seen).toEqual(['POST /build?pull=1 {"Context":"/here"}'])
  } finally {
    server.close()
    rmSync(path, {force: true})
  }
})
