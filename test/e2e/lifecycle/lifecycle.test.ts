import {afterEach, beforeEach, expect, test} from 'vitest'
import {rows, states} from '../../support/observed.ts'
import {eventually, Workplace} from '../../support/stack.ts'

let place: Workplace
beforeEach(async () => {
  place = await Workplace.make('test/e2e/lifecycle/project')
})
afterEach(async () => {
  await place[Symbol.asyncDispose]()
})

test('up starts by health, up again does nothing, down leaves nothing', async () => {
  const up = await place.stack('up', '-d', '--wait')
  expect(up).toMatchObject({code: 0})
  expect(await states(place)).toEqual(['api-1 running', 'setup-1 exited', 'web-1 running'])
  const before = await rows(place)

  const again = await place.stack('up', '-d', '--dry-run')
  expect(again).toMatchObject({code: 0})
  expect(again.all).not.toMatch(/create|start|recreate/i)
  expect(await place.stack('up', '-d')).toMatchObject({code: 0})
  expect((await rows(place)).map(each => each.ID).sort()).toEqual(before.map(each => each.ID).sort())

  expect(await place.stack('down', '-v')).toMatchObject({code: 0})
  expect(await rows(place)).toEqual([])
})

test('a changed service is recreated with the reason, the others are left alone', async () => {
  await place.stack('up', '-d')
  const before = new Map((await rows(place)).map(each => [each.Service, each.ID]))
  const plan = await place.run(process.execPath, [place.stackProgram, 'up', '--dry-run'], {GREETING: 'changed'})
  expect(plan.all).toContain('configuration changed')
  await place.run(process.execPath, [place.stackProgram, 'up', '-d'], {GREETING: 'changed'})
  const after = new Map((await rows(place)).map(each => [each.Service, each.ID]))
  expect(after.get('web')).not.toBe(before.get('web'))
  expect(after.get('api')).toBe(before.get('api'))
  const {stdout} = await place.stack('exec', '-T', 'web', 'sh', '-c', 'echo $GREETING')
  expect(stdout.trim()).toBe('changed')
})

test('exec: output, stdin, exit code, user, environment, directory', async () => {
  await place.stack('up', '-d')
  expect(await place.stack('exec', '-T', 'web', 'sh', '-c', 'echo out; echo err >&2; exit 3')).toMatchObject({
    code: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  })
  expect(
    await place.stack('exec', '-T', '-u', '33:33', '-e', 'A=b', '-w', '/tmp', 'web', 'sh', '-c', 'id -u; echo $A; pwd'),
  ).toMatchObject({stdout: '33\nb\n/tmp\n'})
  expect(await place.stack('exec', '-T', 'web', 'nonesuch')).toMatchObject({
    code: 127,
    all: expect.stringContaining('nonesuch'),
  })
  const piped = await place.run('sh', [
    '-c',
    `echo through | ${process.execPath} ${place.stackProgram} exec -T web cat`,
  ])
  expect(piped.stdout).toBe('through\n')
})

test('stop, start, restart keep containers and their addresses', async () => {
  await place.stack('up', '-d')
  const address = async () => (await place.stack('exec', '-T', 'web', 'hostname', '-I')).stdout.trim()
  const before = {address: await address(), id: (await rows(place, 'web'))[0]?.ID}
  expect(await place.stack('stop')).toMatchObject({code: 0})
  expect((await states(place)).filter(each => each.endsWith('running'))).toEqual([])
  expect(await place.stack('start')).toMatchObject({code: 0})
  expect({address: await address(), id: (await rows(place, 'web'))[0]?.ID}).toEqual(before)
  expect(await place.stack('restart', 'web')).toMatchObject({code: 0})
  expect({address: await address(), id: (await rows(place, 'web'))[0]?.ID}).toEqual(before)
})

test('scale up and down; surplus goes highest number first', async () => {
  await place.stack('up', '-d')
  expect(await place.stack('scale', 'web=3')).toMatchObject({code: 0})
  expect((await states(place)).filter(each => each.startsWith('web'))).toEqual([
    'web-1 running',
    'web-2 running',
    'web-3 running',
  ])
  expect(await place.stack('scale', 'web=1')).toMatchObject({code: 0})
  expect((await states(place)).filter(each => each.startsWith('web'))).toEqual(['web-1 running'])
})

test('logs: prefix, tail, both streams', async () => {
  await place.stack('up', '-d')
  await eventually(async () => (await place.stack('logs', 'web')).stdout.includes('web-1  | ready'))
  const {stdout} = await place.stack('logs', '--tail', '1', '--no-log-prefix', 'web')
  expect(stdout).toBe('ready\n')
})

test('a crashed program comes back by its policy, with the same address', async () => {
  await place.stack('up', '-d')
  const first = (await place.stack('exec', '-T', 'api', 'hostname', '-I')).stdout
  await place.stack('exec', '-T', 'api', 'sh', '-c', 'kill -9 -1').catch(() => undefined)
  await place.stack('kill', '-s', 'TERM', 'api')
  await eventually(async () => (await place.stack('exec', '-T', 'api', 'hostname', '-I')).stdout === first, {
    what: 'the restart of api',
  })
})

test('services reach each other by name, and not what they share no network with', async () => {
  await place.stack('up', '-d')
  const reach = (name: string) =>
    place.stack(
      'exec',
      '-T',
      'web',
      'node',
      '-e',
      `fetch('http://${name}:3000').then(r => r.text()).then(console.log, e => { console.log(e.cause.code); process.exit(5) })`,
    )
  await eventually(async () => (await reach('api')).stdout === 'api says hello\n', {what: 'api answering'})
  expect(await reach('backend-alias')).toMatchObject({stdout: 'api says hello\n'})
  expect(await reach('setup')).toMatchObject({code: 5})
})

test('configs and secrets are files with the asked rights; a changed one is a reason to recreate', async () => {
  await place.stack('up', '-d')
  const look = () =>
    place.stack(
      'exec',
      '-T',
      'web',
      'sh',
      '-c',
      'cat /etc/app.conf /run/secrets/token; stat -c %a:%u /run/secrets/token',
    )
  expect((await look()).stdout).toBe('mode=plain\ns3cret\n400:33\n')
  await place.write('token.txt', 'other\n')
  expect((await place.stack('up', '--dry-run')).all).toContain('configuration changed')
  await place.stack('up', '-d')
  expect((await look()).stdout).toContain('other')
})
