import {expect, test} from 'vitest'
import {afterProbe, freshHealth, type Health, nextProbe} from '../../../src/daemon/health.ts'

const config = {test: ['CMD', 'true'], interval: 1000, timeout: 500, retries: 3, startPeriod: 0, startInterval: 5000}
const probe = (end: number, exitCode: number) => ({start: end - 1, end, exitCode, output: ''})
const after = (
  health: Health,
  outcomes: ReadonlyArray<readonly [at: number, exitCode: number]>,
  settings = config,
): Health => outcomes.reduce((seen, [at, code]) => afterProbe(seen, settings, probe(at, code)), health)

test('the first success makes it healthy, however early', () => {
  expect(
    after(freshHealth(0), [
      [100, 1],
      [230, 0],
    ]),
  ).toMatchObject({status: 'healthy', failingStreak: 0})
})

test('early looks do not use up the retries: unhealthy comes when three intervals have failed', () => {
  const looks: Array<[number, number]> = []
  for (let at = 100; at < 3000; at += 100) looks.push([at, 1])
  expect(after(freshHealth(0), looks)).toMatchObject({status: 'starting', failingStreak: 2})
  expect(after(freshHealth(0), [...looks, [3000, 1]])).toMatchObject({status: 'unhealthy', failingStreak: 3})
})

test('failures within the start period do not count', () => {
  const settings = {...config, startPeriod: 5000}
  expect(
    after(
      freshHealth(0),
      [
        [1000, 1],
        [2000, 1],
        [3000, 1],
        [4900, 1],
      ],
      settings,
    ),
  ).toMatchObject({status: 'starting', failingStreak: 0})
})

test('a healthy one falls after retries in a row, and one success brings it back', () => {
  const healthy = after(freshHealth(0), [[100, 0]])
  expect(
    after(healthy, [
      [1100, 1],
      [2100, 1],
    ]).status,
  ).toBe('healthy')
  const fallen = after(healthy, [
    [1100, 1],
    [2100, 1],
    [3100, 1],
  ])
  expect(fallen.status).toBe('unhealthy')
  expect(after(fallen, [[4100, 0]]).status).toBe('healthy')
})

test('it looks often until the first success, then at the interval', () => {
  expect(nextProbe(freshHealth(0), config)).toBe(100)
  expect(nextProbe({...freshHealth(0), probes: 50}, {...config, interval: 30_000})).toBe(1000)
  expect(nextProbe({...freshHealth(0), status: 'healthy'}, config)).toBe(1000)
  expect(nextProbe(freshHealth(0), {...config, interval: 50})).toBe(50)
})

test('only the last five probes are kept', () => {
  expect(
    after(
      freshHealth(0),
      Array.from({length: 9}, (_, at) => [at, 0] as const),
    ).log,
  ).toHaveLength(5)
})
