import {afterEach, expect, test} from 'vitest'
import {askEngine, daemonPid} from '../../support/observed.ts'
import {eventually, Workplace} from '../../support/stack.ts'

let place: Workplace | undefined
afterEach(async () => {
  await place?.[Symbol.asyncDispose]()
  place = undefined
})

const compose = (policy: string) =>
  `services:\n  web: {image: "host://", command: sleep infinity, pull_policy: ${policy}}\n`

/** When the engine last looked for the image. */
async function checked(): Promise<number> {
  const {Metadata} = await askEngine<{Metadata: {LastTagTime: string}}>('/images/host:%2F%2F/json')
  return Date.parse(Metadata.LastTagTime)
}

test('an image knows when it was looked for, over a new daemon too, and is looked for again when that is too long ago', async () => {
  place = await Workplace.make({'compose.yaml': compose('every_1h')})
  // Another test may have looked for it before.
  expect((await place.stack('pull')).code).toBe(0)
  expect((await place.stack('up', '-d')).code).toBe(0)
  const first = await checked()
  expect(Math.abs(Date.now() - first)).toBeLessThan(60_000)
  expect((await place.stack('up', '-d')).all).not.toContain('Pull')
  process.kill(daemonPid()!, 'SIGKILL')
  await place.stack('ps')
  expect(await checked()).toBe(first)

  await place.write('compose.yaml', compose('every_1s'))
  await eventually(() => Date.now() > first + 1000)
  const second = await place.stack('up', '-d')
  expect(second.all).toMatch(/Image host:\/\/ {2}Pulled/)
  expect(second.all).not.toMatch(/Recreate/)
  expect(await checked()).toBeGreaterThan(first)

  await place.write('compose.yaml', compose('weekly'))
  expect((await place.stack('up', '-d', '--pull', 'always')).all).toMatch(/Image host:\/\/ {2}Pulled/)
  expect((await place.stack('up', '-d', '--pull', 'never')).all).not.toMatch(/Pull/)
})
