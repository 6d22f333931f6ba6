import {request} from 'node:http'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {Workplace} from '../../support/stack.ts'

const socketPath = () => join(process.env.STACK_RUN_DIR ?? '/run/stack', 'stack.sock')

function ask(method: string, path: string, body?: object): Promise<{status: number; text: string}> {
  return new Promise((resolve, reject) => {
    const asked = request({socketPath: socketPath(), method, path, headers: {'content-type': 'application/json'}})
    asked.once('error', reject).once('response', async reply => {
      const pieces: Buffer[] = []
      for await (const piece of reply) pieces.push(piece as Buffer)
      resolve({status: reply.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8')})
    })
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

test('a container that ends at the moment of its forced removal is removed', async () => {
  await using place = await Workplace.make({
    'compose.yaml': 'services: {base: {image: "host://", network_mode: none, command: sleep 1000}}\n',
  })
  expect((await place.stack('up', '-d')).code).toBe(0)
  const refused: string[] = []
  for (let round = 0; round < 60; round++) {
    const body = {Image: 'host://', Cmd: ['true'], HostConfig: {NetworkMode: 'none'}}
    const made = await ask('POST', '/containers/create', body)
    const {Id: id} = JSON.parse(made.text) as {Id: string}
    expect((await ask('POST', `/containers/${id}/start`)).status).toBe(204)
    await delay(round % 6)
    const {status, text} = await ask('DELETE', `/containers/${id}?force=1`)
    if (status !== 204) refused.push(`${round}: ${status} ${text}`)
    if (status !== 204) await ask('DELETE', `/containers/${id}?force=1`)
  }
  expect(refused).toEqual([])
})
