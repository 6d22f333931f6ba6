import {describe, expect, test} from 'vitest'
import {isCalm, judge} from '../../../src/daemon/restart.ts'

const history = {exitCode: 1, ranFor: 50, attempts: 0, stoppedByUser: false}
const policy = (name: 'no' | 'always' | 'on-failure' | 'unless-stopped', maximumRetryCount = 0) => ({
  name,
  maximumRetryCount,
})

describe('judge', () => {
  test.each([
    ['no', policy('no'), history, false],
    ['always after success', policy('always'), {...history, exitCode: 0}, true],
    ['always, but the user stopped it', policy('always'), {...history, stoppedByUser: true}, false],
    ['unless-stopped', policy('unless-stopped'), history, true],
    ['on-failure after success', policy('on-failure'), {...history, exitCode: 0}, false],
    ['on-failure after failure', policy('on-failure'), history, true],
    ['on-failure:2 with one left', policy('on-failure', 2), {...history, attempts: 1}, true],
    ['on-failure:2 used up', policy('on-failure', 2), {...history, attempts: 2}, false],
  ])('%s', (_name, rule, seen, restart) => {
    expect(judge(rule, seen).restart).toBe(restart)
  })

  test('waits twice as long each time, a minute at most, and anew after a calm run', () => {
    const waits = [0, 1, 2, 3, 20].map(attempts => judge(policy('always'), {...history, attempts}))
    expect(waits.map(each => each.restart && each.after)).toEqual([100, 200, 400, 800, 60_000])
    expect(judge(policy('always'), {...history, attempts: 20, ranFor: 10_000})).toEqual({restart: true, after: 100})
  })

  test('a delay is the same each time', () => {
    const steady = {...policy('always'), delay: 3000}
    for (const attempts of [0, 5, 20]) {
      expect(judge(steady, {...history, attempts})).toEqual({restart: true, after: 3000})
    }
  })

  test('a window says how long a success runs', () => {
    const patient = {...policy('always'), window: 60_000}
    expect(judge(patient, {...history, attempts: 3, ranFor: 10_000})).toEqual({restart: true, after: 800})
    expect([isCalm(patient, 59_999), isCalm(patient, 60_000), isCalm(policy('always'), 10_000)]).toEqual([
      false,
      true,
      true,
    ])
  })
})
