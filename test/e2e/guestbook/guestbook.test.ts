import {afterAll, beforeAll, expect, test} from 'vitest'
import {states} from '../../support/observed.ts'
import {eventually, Workplace} from '../../support/stack.ts'

let place: Workplace
const address = 'http://127.0.0.1:8080'
async function get(path: string): Promise<Record<string, unknown> & Array<{text: string}>> {
  const answer = await fetch(address + path, {headers: {connection: 'close'}})
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown> & Array<{text: string}>
}
const write = (text: string) =>
  fetch(`${address}/entries`, {
    method: 'POST',
    headers: {'content-type': 'application/json'},
    body: JSON.stringify({name: 'test', text}),
  })
const texts = async () => (await get('/entries')).map(each => each.text)

beforeAll(async () => {
  place = await Workplace.make('examples/guestbook')
  expect(await place.run(process.execPath, [place.stackProgram, 'up', '-d', '--wait'], {}, 240)).toMatchObject({
    code: 0,
  })
})
afterAll(() => place?.[Symbol.asyncDispose]())

test('everything is healthy when up --wait returns', async () => {
  expect(await states(place)).toEqual(['cache-1 running', 'db-1 running', 'web-1 running'])
  expect(await (await fetch(address)).text()).toContain('<html')
})

test('entries go to Postgres and hits to Redis', async () => {
  expect((await write('first')).ok).toBe(true)
  expect(await texts()).toContain('first')
  const [one, two] = [await get('/whoami'), await get('/whoami')]
  expect(Number(two.hits)).toBeGreaterThan(Number(one.hits))
})

test('each is in namespaces of its own', async () => {
  const namespaces = async (service: string) =>
    (
      await place.stack(
        'exec',
        '-T',
        service,
        'readlink',
        ...['pid', 'mnt', 'net', 'ipc', 'uts', 'cgroup'].map(name => `/proc/self/ns/${name}`),
      )
    ).stdout
      .trim()
      .split('\n')
  const seen = [...(await namespaces('web')), ...(await namespaces('db'))]
  expect(seen).toHaveLength(12)
  expect(new Set(seen).size).toBe(12)
})

test('scale web=3 gives three replicas that all answer on the one port', async () => {
  expect(await place.stack('scale', 'web=3')).toMatchObject({code: 0})
  const hosts = new Set<unknown>()
  await eventually(async () => hosts.add((await get('/whoami')).hostname).size === 3, {
    what: 'three replicas answering',
    seconds: 30,
  })
})

test('entries survive a restart of the database, and down and up', async () => {
  await write('kept')
  expect(await place.stack('restart', 'db')).toMatchObject({code: 0})
  await eventually(async () => (await texts()).includes('kept'), {what: 'the entry after a restart of db', seconds: 30})
  expect(await place.stack('down')).toMatchObject({code: 0})
  expect(await place.stack('up', '-d', '--wait')).toMatchObject({code: 0})
  expect(await texts()).toContain('kept')
})

test('down -v throws the entries away', async () => {
  expect(await place.stack('down', '-v')).toMatchObject({code: 0})
  expect(await place.stack('up', '-d', '--wait')).toMatchObject({code: 0})
  expect(await texts()).not.toContain('kept')
})
