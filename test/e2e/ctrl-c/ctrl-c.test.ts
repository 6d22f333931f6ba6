import {once} from 'node:events'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {daemonPid, links, processes, states} from '../../support/observed.ts'
import {collect, eventually, Workplace} from '../../support/stack.ts'

let place: Workplace
beforeEach(async () => {
  place = await Workplace.make('test/e2e/ctrl-c')
})
afterEach(() => place[Symbol.asyncDispose]())

async function attached() {
  const child = place.start('up')
  const [output, errors] = [collect(child.stdout), collect(child.stderr)]
  const closed = once(child, 'close') as Promise<[number | null, string | null]>
  return {child, output, errors, closed}
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s once: services stop in the order of their dependencies, with their own codes; 130',
  async signal => {
    const {child, output, closed} = await attached()
    await eventually(() => /db-1\s+\| ready/.test(output()) && /web-1\s+\| ready/.test(output()))
    child.kill(signal)
    expect(await closed).toEqual([130, null])
    expect(output()).toMatch(/web-1\s+\| web closes[\s\S]*db-1\s+\| db closes/)
    expect(await states(place)).toEqual(['db-1 exited', 'web-1 exited'])
    expect((await place.stack('ps', '-a', '--format', 'json')).stdout).toContain('"ExitCode":3')
  },
)

test('SIGINT before everything is up: what was started is stopped, and nothing more is started', async () => {
  const {child, closed} = await attached()
  await eventually(() => processes('stack-monitor').length > 0)
  child.kill('SIGINT')
  expect((await closed)[0]).toBe(130)
  expect(processes('trap "echo')).toEqual([])
  await place.stack('down')
  await eventually(() => links().length === 0)
})

test('the terminal of up -d goes away: the daemon and the containers stay', async context => {
  needs(context, 'script')
  const command = `${process.execPath} ${place.stackProgram} up -d`
  expect((await place.run('script', ['-qec', command, '/dev/null'])).code).toBe(0)
  const daemon = daemonPid()
  expect(await states(place)).toEqual(['db-1 running', 'web-1 running'])
  expect(daemon).toBeDefined()
  expect(daemonPid()).toBe(daemon)
})
