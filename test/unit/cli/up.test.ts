import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {Interrupts} from '../../../src/cli/interrupts.ts'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {type Ran, stack} from './support.ts'

const shop = `name: shop
services:
  web: {image: app, command: [sleep, "1"], depends_on: [db]}
  db: {image: data, command: [sleep, "1"]}
`

let directory: string
let engine: MemoryEngine
const left = vi.fn<() => void>()

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-up-'))
  engine = new MemoryEngine({now: Date.now})
  left.mockClear()
  write(shop)
})
afterEach(() => rmSync(directory, {recursive: true}))

const write = (text: string) => writeFileSync(join(directory, 'compose.yaml'), text)

const run = (...args: string[]): Promise<Ran> => stack(args, {directory, engine, environment: {}})

/** The same, with somebody who presses Ctrl-C. */
function runInterruptibly(...args: string[]) {
  const interrupts = new Interrupts(left)
  const ran = stack(args, {directory, engine, environment: {}, interrupts})
  return {ran, interrupts}
}

async function states(): Promise<Record<string, string>> {
  const {containers} = await engine.observe('shop')
  return Object.fromEntries(
    containers.map(({name, status, exitCode}) => [name, status === 'exited' ? `exited ${exitCode}` : status]),
  )
}

const running = (...names: string[]) =>
  vi.waitUntil(async () => {
    const found = await states()
    return names.every(name => found[name] === 'running')
  })

test('up -d starts what the file says, says so on standard error, and a second one has nothing to do', async () => {
  const first = await run('up', '-d')
  expect(first).toMatchObject({code: 0, stdout: ''})
  expect(first.stderr.split('\n').filter(line => line.includes('web'))).toEqual([
    ' Container shop-web-1  Creating',
    ' Container shop-web-1  Created',
    ' Container shop-web-1  Starting',
    ' Container shop-web-1  Started',
  ])
  expect(await states()).toEqual({'shop-web-1': 'running', 'shop-db-1': 'running'})
  expect((await run('plan')).stdout).toBe('nothing to do\n')
})

test('plan and up --dry-run print what would be done, with the reasons, and do nothing', async () => {
  const planned = await run('plan')
  expect(planned.stdout).toMatch(/^#1 .*\n/)
  expect(planned.stdout).toMatch(/start-container web\.1: .* after #\d/)
  expect(await run('up', '--dry-run')).toEqual(planned)
  expect(await run('--dry-run', 'up', '-d')).toEqual(planned)
  expect(await states()).toEqual({})
})

test('with --progress json each thing that happens is an object', async () => {
  const {stderr} = await run('--progress', 'json', 'up', '-d', 'db')
  const events = stderr
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(events).toContainEqual({id: 'Container shop-db-1', text: 'Started', status: 'Done'})
})

test.each([
  [['-d', '--abort-on-container-exit'], '--detach and --abort-on-container-exit exclude each other'],
  [['-d', '--attach', 'web'], '--detach and --attach exclude each other'],
  [['--wait', '--abort-on-container-failure'], '--wait and --abort-on-container-failure exclude each other'],
  [
    ['--abort-on-container-exit', '--abort-on-container-failure'],
    '--abort-on-container-exit and --abort-on-container-failure exclude each other',
  ],
  [['--no-recreate', '--force-recreate'], '--no-recreate and --force-recreate exclude each other'],
  [['--no-recreate', '-V'], '--no-recreate and --renew-anon-volumes exclude each other'],
  [['--build', '--no-build'], '--build and --no-build exclude each other'],
  [['--wait', '--wait-timeout', '-1'], 'option --wait-timeout is at least 0'],
  [['--scale', 'web'], '"web" says no scale'],
  [['--scale', 'wbe=2'], 'no such service: wbe'],
  [['wbe'], 'no such service: wbe'],
  [['--attach', 'wbe'], 'no such service: wbe'],
  [['--exit-code-from', 'wbe'], 'no such service: wbe'],
])('up %j is refused', async (args, message) => {
  const {code, stderr} = await run('up', ...args)
  expect(stderr).toContain(`stack: ${message}\n`)
  expect(code).toBe(1)
  expect(await states()).toEqual({})
})

test('attached, the output is shown until all have ended', async () => {
  write('name: shop\nservices:\n  hello: {image: app, command: [echo, hi]}\n')
  const {code, stdout, stderr} = await run('up')
  expect(code).toBe(0)
  expect(stdout).toBe('hello-1  | hi\nhello-1 exited with code 0\n')
  expect(stderr).toContain('Attaching to hello-1\n')
})

test('Ctrl-C stops everything in reverse order and ends with 130', async () => {
  const {ran, interrupts} = runInterruptibly('up')
  await running('shop-web-1', 'shop-db-1')
  interrupts.raise()
  const {code, stdout, stderr} = await ran
  expect(code).toBe(130)
  expect(await states()).toEqual({'shop-web-1': 'exited 143', 'shop-db-1': 'exited 143'})
  expect(stdout).toBe('web-1 exited with code 143\ndb-1 exited with code 143\n')
  expect(stderr).toContain('Gracefully Stopping... press Ctrl+C again to force\n')
  expect(stderr.indexOf('shop-web-1  Stopped')).toBeLessThan(stderr.indexOf('shop-db-1  Stopping'))
  expect(left).not.toHaveBeenCalled()
})

test('a second Ctrl-C kills what does not stop, and leaves', async () => {
  vi.spyOn(engine, 'stopContainer').mockReturnValue(new Promise(() => {}))
  const {interrupts} = runInterruptibly('up')
  await running('shop-web-1', 'shop-db-1')
  interrupts.raise()
  await vi.waitUntil(() => vi.mocked(engine.stopContainer).mock.calls.length > 0)
  interrupts.raise()
  await vi.waitUntil(() => left.mock.calls.length > 0)
  expect(await states()).toEqual({'shop-web-1': 'exited 137', 'shop-db-1': 'exited 137'})
})

test('a second Ctrl-C leaves within a second although the engine does not answer', async () => {
  vi.spyOn(engine, 'stopContainer').mockReturnValue(new Promise(() => {}))
  vi.spyOn(engine, 'killContainer').mockReturnValue(new Promise(() => {}))
  const {interrupts} = runInterruptibly('up')
  await running('shop-web-1', 'shop-db-1')
  const began = performance.now()
  interrupts.raise()
  interrupts.raise()
  await vi.waitUntil(() => left.mock.calls.length > 0, {timeout: 1500})
  expect(performance.now() - began).toBeLessThan(1000)
})

test('a third Ctrl-C leaves at once', async () => {
  vi.spyOn(engine, 'stopContainer').mockReturnValue(new Promise(() => {}))
  vi.spyOn(engine, 'killContainer').mockReturnValue(new Promise(() => {}))
  const {interrupts} = runInterruptibly('up')
  await running('shop-web-1', 'shop-db-1')
  for (let press = 0; press < 3; press++) interrupts.raise()
  expect(left).toHaveBeenCalled()
})

test('Ctrl-C during the start breaks it off and stops what was started', async () => {
  const start = engine.startContainer.bind(engine)
  const {interrupts, ran} = runInterruptibly('up')
  vi.spyOn(engine, 'startContainer').mockImplementation(async id => {
    await start(id)
    interrupts.raise()
  })
  const {code, stderr} = await ran
  expect(code).toBe(130)
  expect(await states()).toEqual({'shop-db-1': 'exited 143', 'shop-web-1': 'created'})
  expect(stderr).not.toContain('stack:')
})

test('Ctrl-C during up -d leaves what was started as it is', async () => {
  const start = engine.startContainer.bind(engine)
  const {interrupts, ran} = runInterruptibly('up', '-d')
  vi.spyOn(engine, 'startContainer').mockImplementation(async id => {
    await start(id)
    interrupts.raise()
  })
  expect((await ran).code).toBe(130)
  expect(await states()).toEqual({'shop-db-1': 'running', 'shop-web-1': 'created'})
})

const tests =
  'name: shop\nservices:\n  db: {image: data, command: [sleep, "1"]}\n  tests: {image: app, command: [sh, -c, exit 3]}\n'

test('with --abort-on-container-exit the end of one is the end of all, with its code', async () => {
  write(tests)
  const {code} = await run('up', '--abort-on-container-exit')
  expect(code).toBe(3)
  expect(await states()).toEqual({'shop-db-1': 'exited 143', 'shop-tests-1': 'exited 3'})
})

test('with --exit-code-from it is the code of that service', async () => {
  write(tests)
  expect((await run('up', '--exit-code-from', 'tests')).code).toBe(3)
  expect((await run('up', '--exit-code-from', 'db')).code).toBe(143)
})

test('with --abort-on-container-failure a good end ends nothing', async () => {
  write(tests.replace('exit 3', 'exit 0'))
  const {ran, interrupts} = runInterruptibly('up', '--abort-on-container-failure')
  await vi.waitUntil(async () => (await states())['shop-tests-1'] === 'exited 0')
  expect((await states())['shop-db-1']).toBe('running')
  interrupts.raise()
  await ran
  write(tests)
  expect((await run('up', '--abort-on-container-failure')).code).toBe(3)
})

test('what cannot be started is told with its cause, and ends with 1', async () => {
  write('name: shop\nservices:\n  web: {image: app, command: [nonesuch]}\n')
  const {code, stderr} = await run('up', '-d')
  expect(stderr).toContain('stack: cannot start web.1: nonesuch: not found\n')
  expect(code).toBe(1)
})

test('--wait gives up after --wait-timeout', async () => {
  write('name: shop\nservices:\n  web: {image: app, command: [sleep, "1"], healthcheck: {test: [CMD, "true"]}}\n')
  vi.spyOn(engine, 'probed').mockReturnValue()
  const {code, stderr} = await run('up', '--wait', '--wait-timeout', '0')
  expect(stderr).toContain('stack: application not healthy after 0s\n')
  expect(code).toBe(1)
})

test('--wait is over when all are healthy', async () => {
  write('name: shop\nservices:\n  web: {image: app, command: [sleep, "1"], healthcheck: {test: [CMD, "true"]}}\n')
  expect((await run('up', '--wait')).code).toBe(0)
  expect((await engine.observe('shop')).containers[0]?.health).toBe('healthy')
})

test('only what is asked for is shown', async () => {
  write(
    'name: shop\nservices:\n  a: {image: app, command: [echo, from a]}\n  b: {image: app, command: [echo, from b]}\n  c: {image: app, command: [echo, from c], attach: false}\n',
  )
  expect((await run('up')).stdout).not.toContain('from c')
  expect((await run('up', '--force-recreate', '--no-attach', 'a')).stdout).toBe(
    'b-1  | from b\nb-1 exited with code 0\n',
  )
  expect((await run('up', '--force-recreate', '--attach', 'a', '--no-log-prefix')).stdout).toBe(
    'from a\na-1 exited with code 0\n',
  )
  expect((await run('up', '--force-recreate', 'c')).stdout).toBe('c-1  | from c\nc-1 exited with code 0\n')
})

test('the commands of a life', async () => {
  expect((await run('up', '--no-start')).code).toBe(0)
  expect(await states()).toEqual({'shop-web-1': 'created', 'shop-db-1': 'created'})
  await run('start')
  await run('scale', 'web=2')
  expect(await states()).toEqual({'shop-web-1': 'running', 'shop-web-2': 'running', 'shop-db-1': 'running'})
  await run('pause', 'db')
  expect((await states())['shop-db-1']).toBe('paused')
  await run('unpause')
  await run('kill', 'web')
  expect(await states()).toEqual({'shop-web-1': 'exited 137', 'shop-web-2': 'exited 137', 'shop-db-1': 'running'})
  expect((await run('rm', 'web')).code).toBe(0)
  expect(await states()).toHaveProperty('shop-web-1')
  await run('rm', '-f', 'web')
  expect(await states()).toEqual({'shop-db-1': 'running'})
  await run('stop', '-t', '3')
  expect(await states()).toEqual({'shop-db-1': 'exited 143'})
  await run('restart')
  expect(await states()).toEqual({'shop-db-1': 'running'})
  expect((await run('down')).code).toBe(0)
  expect(await engine.observe('shop')).toEqual({containers: [], networks: [], volumes: []})
})

test('down needs no file where the project has a name', async () => {
  await run('up', '-d')
  rmSync(join(directory, 'compose.yaml'))
  expect(await run('down')).toMatchObject({code: 1, stderr: expect.stringMatching(/no Compose file/)})
  expect((await run('-p', 'shop', 'down')).code).toBe(0)
  expect(await states()).toEqual({})
  const again = await run('-p', 'shop', 'down')
  expect(again.code).toBe(0)
  expect(again.stderr).toContain('warning: nothing to remove of project "shop"')
})

test('up --pull always fetches what is here, and replaces what runs an older image', async () => {
  await run('up', '-d')
  const before = (await engine.observe('shop')).containers.map(({id}) => id)
  const fetched = vi.spyOn(engine, 'ensureImage').mockImplementation(async reference => {
    const facts = {id: `sha256:${'f'.repeat(64)}`, reference, hasHealthcheck: false}
    engine.images.set(reference, facts)
    return facts
  })
  await run('up', '-d', 'db')
  expect(fetched).not.toHaveBeenCalled()
  const {stderr} = await run('up', '-d', '--pull', 'always', 'db')
  expect(fetched.mock.calls.map(([reference]) => reference)).toEqual(['data'])
  expect(stderr).toContain(' Image data  Pulled')
  const after = (await engine.observe('shop')).containers.map(({id}) => id)
  expect(after.filter(id => before.includes(id))).toHaveLength(1)
})
