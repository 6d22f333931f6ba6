import {once} from 'node:events'
import {afterEach, describe, expect, test} from 'vitest'
import {askEngine, rows, states} from '../../support/observed.ts'
import {collect, eventually, Workplace} from '../../support/stack.ts'

let place: Workplace | undefined
afterEach(async () => {
  await place?.[Symbol.asyncDispose]()
  place = undefined
})

const project = async (compose: string, files: Readonly<Record<string, string>> = {}): Promise<Workplace> => {
  place = await Workplace.make({'compose.yaml': compose, ...files})
  return place
}

type Inspected = {
  readonly Name: string
  readonly RestartCount: number
  readonly State: {readonly Status: string}
  readonly Config: {readonly Labels: Record<string, string>; readonly ExposedPorts: Record<string, object>}
}
async function inspect(here: Workplace, service: string): Promise<Inspected> {
  const id = (await rows(here, service))[0]!.ID
  return askEngine(`/containers/${id}/json`)
}
/** Its exit codes by service. */
const exits = async (here: Workplace) =>
  Object.fromEntries((await rows(here)).map(each => [each.Service, each.ExitCode]))

const ignoring = (signal: string, then = 'exit 7') =>
  `sh -c 'trap "" TERM; trap "${then}" ${signal}; echo up; while :; do sleep 0.05; done'`

describe('the end of a container', () => {
  test('is asked for by stop_signal, and forced when stop_grace_period is over', async () => {
    const here = await project(`services:
  polite: {image: "host://", stop_signal: SIGUSR1, stop_grace_period: 30s, command: ${ignoring('USR1')}}
  stubborn: {image: "host://", stop_grace_period: 300ms, command: ${ignoring('USR1')}}
`)
    await here.stack('up', '-d')
    await eventually(async () => (await here.stack('logs')).stdout.split(' up').length === 3)
    const began = Date.now()
    expect((await here.stack('stop')).code).toBe(0)
    const took = Date.now() - began
    expect(took).toBeGreaterThanOrEqual(300)
    expect(took).toBeLessThan(8000)
    expect(await exits(here)).toEqual({polite: 7, stubborn: 137})
  })

  test.each([
    ['restart: "no"', 0, 1],
    ['restart: on-failure:2', 2, 1],
    ['deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}', 2, 1],
    ['deploy: {restart_policy: {condition: none}}', 0, 1],
  ])('%s of one that fails: %i restarts', async (policy, restarts, code) => {
    const here = await project(`services:\n  web:\n    image: host://\n    command: "false"\n    ${policy}\n`)
    await here.stack('up', '-d')
    await eventually(async () => (await states(here)).join() === 'web-1 exited', {what: 'the last end'})
    expect((await inspect(here, 'web')).RestartCount).toBe(restarts)
    expect(await exits(here)).toEqual({web: code})
  })

  test.each([['restart: always'], ['restart: unless-stopped'], ['deploy: {restart_policy: {condition: any}}']])(
    '%s brings back what ended well, until it is stopped',
    async policy => {
      const here = await project(
        `services:\n  web:\n    image: host://\n    command: "true"\n    ${policy}\n  fine: {image: "host://", command: "true", restart: on-failure}\n`,
      )
      await here.stack('up', '-d')
      await eventually(async () => (await inspect(here, 'web')).RestartCount >= 2, {what: 'two restarts'})
      expect((await inspect(here, 'fine')).RestartCount).toBe(0)
      await here.stack('stop')
      const {RestartCount} = await inspect(here, 'web')
      expect(await states(here)).toEqual(['fine-1 exited', 'web-1 exited'])
      await here.stack('ps')
      expect((await inspect(here, 'web')).RestartCount).toBe(RestartCount)
    },
  )
})

test('one that is restarted all the time stays down from when it is stopped, at whatever moment', async () => {
  const policy = 'deploy: {restart_policy: {condition: any, delay: 1ms}}'
  const here = await project(`services:\n  web:\n    image: host://\n    command: "true"\n    ${policy}\n`)
  for (let round = 0; round < 6; round++) {
    await here.stack('up', '-d')
    await new Promise(resolve => setTimeout(resolve, 100 + 7 * round))
    expect(await here.stack('stop')).toMatchObject({code: 0})
    const {RestartCount, State} = await inspect(here, 'web')
    expect(State.Status).toBe('exited')
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(await inspect(here, 'web')).toMatchObject({RestartCount, State: {Status: 'exited'}})
  }
  await here.stack('up', '-d')
  expect(await here.stack('rm', '-f', '-s')).toMatchObject({code: 0})
  expect(await states(here)).toEqual([])
})

describe('depends_on', () => {
  test('required: false is waited for and may fail, with a warning; one whose profile is off does not count', async () => {
    const here = await project(`services:
  web:
    image: host://
    command: sleep infinity
    depends_on:
      setup: {condition: service_completed_successfully, required: false}
      off: {condition: service_started, required: false}
  setup: {image: "host://", command: sh -c 'sleep 0.3; exit 5'}
  off: {image: "host://", command: sleep infinity, profiles: [other]}
`)
    const up = await here.stack('up', '-d')
    expect(up.code).toBe(0)
    expect(up.stderr).toMatch(/setup-1 {2}Warning .*exited \(5\)/)
    expect(await states(here)).toEqual(['setup-1 exited', 'web-1 running'])
  })

  test('restart: true starts the dependent again when the other is replaced or restarted, and not without', async () => {
    const compose = (word: string) => `services:
  db: {image: "host://", command: sleep infinity, stop_grace_period: 100ms, environment: {WORD: ${word}}}
  follows: {image: "host://", command: sleep infinity, stop_grace_period: 100ms, depends_on: {db: {condition: service_started, restart: true}}}
  stays: {image: "host://", command: sleep infinity, depends_on: [db]}
`
    const here = await project(compose('one'))
    await here.stack('up', '-d')
    const started = async (service: string) =>
      (await here.stack('exec', '-T', service, 'stat', '-c', '%Y.%Z %i', '/proc/1')).stdout
    const ids = async () => Object.fromEntries((await rows(here)).map(each => [each.Service, each.ID]))
    const before = {ids: await ids(), follows: await started('follows'), stays: await started('stays')}
    expect((await here.stack('restart', 'db')).stderr).toMatch(/follows-1 {2}Started/)
    expect(await started('stays')).toBe(before.stays)
    expect(await started('follows')).not.toBe(before.follows)
    await here.write('compose.yaml', compose('two'))
    const up = await here.stack('up', '-d')
    expect(up.stderr).toMatch(/follows-1 {2}Started/)
    expect(up.stderr).not.toMatch(/stays-1/)
    const after = await ids()
    expect(after.db).not.toBe(before.ids.db)
    expect(after.follows).toBe(before.ids.follows)
    expect(await started('stays')).toBe(before.stays)
  })
})

test('attach: false keeps the output out of up and logs, unless it is asked for', async () => {
  const here = await project(`services:
  loud: {image: "host://", command: sh -c 'echo loud; exec sleep infinity', stop_grace_period: 100ms}
  quiet: {image: "host://", command: sh -c 'echo quiet; exec sleep infinity', attach: false, stop_grace_period: 100ms}
`)
  const child = here.start('up')
  const output = collect(child.stdout)
  await eventually(() => /loud-1\s+\| loud/.test(output()))
  await eventually(async () => (await here.stack('logs', 'quiet')).stdout.includes('| quiet'))
  expect((await here.stack('logs')).stdout).not.toContain('quiet')
  child.kill('SIGINT')
  await once(child, 'close')
  expect(output()).not.toContain('quiet')
})

test('container_name is the name, and one that is taken is told', async () => {
  const compose = 'services:\n  web: {image: "host://", command: sleep infinity, container_name: my-own-web}\n'
  const here = await project(compose)
  expect((await here.stack('up', '-d')).code).toBe(0)
  expect((await rows(here)).map(({Name}) => Name)).toEqual(['my-own-web'])
  expect((await here.stack('up', '-d', '--scale', 'web=2')).all).toContain('my-own-web')
  const other = await Workplace.make({'compose.yaml': compose})
  try {
    const up = await other.stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.all).toMatch(/my-own-web.*in use/)
    expect(await rows(other)).toEqual([])
  } finally {
    await other[Symbol.asyncDispose]()
  }
})

test('label_file gives labels, which labels win over; expose is shown and publishes nothing', async () => {
  const here = await project(
    `services:
  web:
    image: host://
    command: sleep infinity
    label_file: [one.labels, two.labels]
    labels: {com.example.b: here}
    expose: ["3000", "4000-4001/udp"]
`,
    {'one.labels': 'com.example.a=1\ncom.example.b=1\ncom.example.c="a b"\n', 'two.labels': 'com.example.a=2\n'},
  )
  expect((await here.stack('up', '-d')).code).toBe(0)
  const {Labels, ExposedPorts} = (await inspect(here, 'web')).Config
  expect(Labels).toMatchObject({'com.example.a': '2', 'com.example.b': 'here', 'com.example.c': 'a b'})
  expect(Object.keys(ExposedPorts).sort()).toEqual(['3000/tcp', '4000/udp', '4001/udp'])
  expect((await here.stack('ps', '--format', 'json')).stdout).toMatch(/"Ports":"[^"]*3000\/tcp/)
  expect((await here.run('ss', ['-Hltn'])).stdout).not.toContain(':3000')
})
