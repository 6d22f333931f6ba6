import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest'
import {dockerRegistry} from '../../support/docker-registry.ts'
import {keptPlace, letGo} from '../../support/kept.ts'
import {needs} from '../../support/needs.ts'
import {eventually, type Outcome, type Workplace} from '../../support/stack.ts'

const patience = {timeout: 180_000}
let place: Workplace
let registry: Awaited<ReturnType<typeof dockerRegistry>> | undefined
const on = (...words: string[]): Promise<Outcome> => place.stack('image', ...words)

beforeAll(async () => {
  place = await keptPlace()
  registry = await dockerRegistry().catch(() => undefined)
})
beforeEach(context => needs(context, 'docker-registry'))
afterAll(async () => {
  await letGo(place)
  await registry?.close()
})

test('an image of packages is an image as any other: shown, tagged, pushed, pulled and run', patience, async () => {
  const name = `${registry!.host}/team/redis:1`
  expect((await on('pull', 'apt://redis-server')).code).toBe(0)
  expect((await on('ls', 'apt://redis-server')).stdout).toMatch(/apt:\/\/redis-server +<none> .* [\d.]+MB\n$/)
  expect((await on('history', '--no-trunc', 'apt://redis-server')).stdout).toMatch(
    /apt:\/\/redis-server +[\d.]+MB +.*redis-server=\S/,
  )
  expect(await on('tag', 'apt://redis-server', name)).toMatchObject({code: 0, all: ''})
  expect(await on('push', name)).toMatchObject({code: 0, stderr: expect.stringMatching(/Pushed/)})
  expect(await on('rm', name, 'apt://redis-server')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Deleted: '),
  })
  await place.write('compose.yaml', `name: packed\nservices: {db: {image: "${name}"}}\n`)
  expect(await place.stack('up', '-d')).toMatchObject({code: 0, all: expect.stringContaining('Pulled')})
  await eventually(async () => (await place.stack('exec', 'db', 'redis-cli', 'ping')).stdout === 'PONG\n')
  expect((await place.stack('exec', 'db', 'sh', '-c', 'awk \'$1 == "Uid:" {print $2}\' /proc/1/status')).stdout).toBe(
    '999\n',
  )
  expect((await on('history', name)).stdout).toContain('apt://redis-server')
  expect((await place.stack('down', '-v')).code).toBe(0)
})

test('saved it has the names that it has for registries', patience, async () => {
  await on('pull', 'apt://redis-server')
  await on('tag', 'apt://redis-server', 'packed/redis')
  expect(await on('save', '-o', 'both.tar', 'apt://redis-server', 'packed/redis')).toMatchObject({code: 0, all: ''})
  expect(await on('save', '-o', 'bare.tar', 'apt://redis-server')).toMatchObject({code: 0, all: ''})
  expect((await on('rm', 'packed/redis', 'apt://redis-server')).code).toBe(0)
  expect((await on('load', '-i', 'bare.tar')).stdout).toMatch(/^Loaded image ID: sha256:/)
  expect((await on('load', '-i', 'both.tar')).stdout).toBe('Loaded image: packed/redis:latest\n')
  expect((await on('prune', '-a', '-f')).stdout).toMatch(/untagged: packed\/redis:latest/)
})

test("what is made of this machine's own directories has a name for a registry where it is given one", async () => {
  const name = `${registry!.host}/team/machine:1`
  expect((await on('tag', 'host://', name)).code).toBe(0)
  expect(await on('push', 'host://')).toMatchObject({code: 1, stderr: expect.stringContaining('stack image tag')})
  expect((await on('rm', name)).stdout).toBe(`Untagged: ${name}\n`)
  expect((await on('history', 'host://')).stdout).toContain('host://')
})
