import {once} from 'node:events'
import {afterEach, expect, test} from 'vitest'
import {daemonPid, processes, rows, states} from '../../support/observed.ts'
import {eventually, Workplace} from '../../support/stack.ts'

let place: Workplace | undefined
afterEach(async () => {
  await place?.[Symbol.asyncDispose]()
  place = undefined
})

const compose = `name: crash
services:
  ticker:
    image: host://
    command: sh -c 'n=0; while :; do n=$$((n+1)); echo tick $$n; sleep 0.05; done'
  job:
    image: host://
    command: sh -c 'while [ ! -e /tmp/end ]; do sleep 0.05; done; echo last words; exit 7'
  phoenix:
    image: host://
    restart: always
    command: sh -c 'while [ ! -e /tmp/end ]; do sleep 0.05; done; rm /tmp/end; exit 1'
`

const begin = async (text = compose): Promise<Workplace> => {
  place = await Workplace.make({'compose.yaml': text})
  return place
}

test('kill -9 of the daemon: containers run on, the next command adopts them, logs and exit codes are whole', async () => {
  const here = await begin()
  expect((await here.stack('up', '-d')).code).toBe(0)
  const before = await rows(here)
  const victim = daemonPid()
  expect(victim).toBeDefined()
  const starters = processes('stack-starter')
  expect(starters).toHaveLength(1)
  process.kill(victim as number, 'SIGKILL')
  // While no daemon runs (or a new one is on its way) the programs go on.
  expect(processes('stack-monitor')).toHaveLength(3)
  await eventually(() => !processes('stack-starter').some(each => starters.includes(each)), {
    what: 'what the monitors were copied from goes with it',
  })
  const after = await rows(here)
  expect(after.map(each => [each.ID, each.State])).toEqual(before.map(each => [each.ID, 'running']))
  expect(daemonPid()).not.toBe(victim)
  await here.stack('exec', '-T', 'job', 'touch', '/tmp/end')
  await eventually(async () => (await rows(here)).find(each => each.Service === 'job')?.ExitCode === 7, {
    what: 'the end of job',
  })
  expect((await here.stack('logs', '--no-log-prefix', 'job')).stdout).toBe('last words\n')
  const ticks = (await here.stack('logs', '--no-log-prefix', 'ticker')).stdout.trim().split('\n')
  expect(ticks).toEqual(ticks.map((_line, at) => `tick ${at + 1}`))
})

test('an end while the daemon is dead is not lost: the exit code is known and the restart policy still holds', async () => {
  const here = await begin()
  await here.stack('up', '-d')
  const victim = daemonPid() as number
  const pid = (name: string) => processes('sh -c while [ ! -e /tmp/end ]').length && name
  expect(pid('job')).toBe('job')
  process.kill(victim, 'SIGSTOP')
  process.kill(victim, 'SIGKILL')
  for (const id of processes('sh -c while [ ! -e /tmp/end ]')) {
    if (!processes('stack-monitor').includes(id)) process.kill(id, 'SIGKILL')
  }
  await eventually(
    async () => {
      const seen = await rows(here)
      const job = seen.find(each => each.Service === 'job')
      return (
        job?.State === 'exited' &&
        job.ExitCode === 137 &&
        seen.find(each => each.Service === 'phoenix')?.State === 'running'
      )
    },
    {what: 'job ended with 137 and phoenix back'},
  )
})

test('the monitors bring the daemon back by themselves', async () => {
  const here = await begin()
  await here.stack('up', '-d')
  const victim = daemonPid() as number
  process.kill(victim, 'SIGKILL')
  const next = await eventually(
    () => {
      const pid = daemonPid()
      return pid !== victim && pid
    },
    {what: 'a new daemon'},
  )
  expect(processes('bin/stack daemon')).toEqual([next])
})

test('kill -9 of the command line during up, then up again', async () => {
  const here = await begin(`name: crash
services:
  a: {image: "host://", command: sleep infinity, init: true}
  b: {image: "host://", command: sleep infinity, init: true, depends_on: [a]}
  c: {image: "host://", command: sleep infinity, init: true, depends_on: [b]}
`)
  const child = here.start('up', '-d')
  // Somewhere on the way: at the latest when the first container is there.
  await eventually(() => processes('stack-monitor').length > 0 || child.exitCode !== null, {
    what: 'the first container',
  })
  child.kill('SIGKILL')
  await once(child, 'close')
  expect((await here.stack('up', '-d')).code).toBe(0)
  expect(await states(here)).toEqual(['a-1 running', 'b-1 running', 'c-1 running'])
})

test('the daemon is gone with the last container', async () => {
  const here = await begin()
  await here.stack('up', '-d')
  await here.stack('down')
  await eventually(() => daemonPid() === undefined, {what: 'the end of the daemon'})
})
