import {describe, expect, test} from 'vitest'
import {StackError} from '../../../src/base/error.ts'
import {fromAnswer} from '../../../src/engine/api/usage.ts'
import type {Usage} from '../../../src/engine/engine.ts'
import {createMeter, loadBetween} from '../../../src/execute/statistics.ts'

const usage = (more: Partial<Usage> = {}): Usage => ({
  ...{at: 1000, cpu: 0, memory: 10, memoryLimit: 100, received: 0, sent: 0},
  ...more,
})

describe('what is used between two looks', () => {
  test('counts become rates', () => {
    const now = usage({at: 3000, cpu: 1e9, received: 400, sent: 20})
    expect(loadBetween(usage(), now)).toEqual({cpu: 0.5, memory: 10, memoryLimit: 100, received: 200, sent: 10})
  })

  test('of the first look only memory is known, and of one at the same time', () => {
    expect(loadBetween(undefined, usage({cpu: 5e9}))).toMatchObject({cpu: 0, memory: 10})
    expect(loadBetween(usage(), usage({cpu: 5e9}))).toMatchObject({cpu: 0})
  })

  test('counts of a container that was started again begin anew', () => {
    expect(loadBetween(usage({cpu: 9e9}), usage({at: 2000, cpu: 1e9})).cpu).toBe(1)
  })
})

test('a meter leaves out who cannot be asked, and forgets who has gone', async () => {
  let at = 0
  const meter = createMeter({
    usage: async id => {
      if (id === 'gone') throw new StackError('not-found', 'no such container')
      at += 1000
      return usage({at, cpu: at * 1e6})
    },
  })
  expect([...(await meter(['a', 'gone'])).keys()]).toEqual(['a'])
  expect((await meter(['a'])).get('a')?.cpu).toBe(1)
  await meter([])
  expect((await meter(['a'])).get('a')?.cpu).toBe(0)
})

test('an answer without some of its parts is one of zeros', () => {
  expect(fromAnswer({}, 5)).toEqual({at: 5, cpu: 0, memory: 0, memoryLimit: 0, received: 0, sent: 0})
  expect(fromAnswer({memory_stats: {usage: 30, limit: 50, stats: {inactive_file: 10}}}, 5)).toMatchObject({memory: 20})
})
