import {expect, test} from 'vitest'
import {weigh} from '../../../../src/runtime/image/usage.ts'

const sizes = new Map([...'abcdefg'].map((id, index) => [id, 10 ** index]))
const thing = (id: string, parts: string, created = 0) => ({id, parts: [...parts], created})

test('images share layers, and steps of builds keep theirs', () => {
  const images = [thing('one', 'ab'), thing('two', 'bc'), thing('three', 'd')]
  const steps = [thing('second', 'fed', 2), thing('first', 'ed', 1), thing('base', 'd', 1)]
  expect(weigh({images, steps, sizes, used: new Set(['one'])})).toEqual({
    total: 1111,
    // b is of a used image, and d of a step.
    reclaimable: 100,
    images: [
      {id: 'one', size: 11, shared: 10},
      {id: 'two', size: 110, shared: 10},
      {id: 'three', size: 1000, shared: 0},
    ],
    steps: [
      {id: 'base', created: 1, size: 1000, isShared: true},
      {id: 'first', created: 1, size: 10_000, isShared: false},
      {id: 'second', created: 2, size: 100_000, isShared: false},
    ],
  })
})

test('nothing weighs nothing, and what is gone neither', () => {
  expect(weigh({images: [], steps: [], sizes, used: new Set()})).toEqual({
    total: 0,
    reclaimable: 0,
    images: [],
    steps: [],
  })
  const {total} = weigh({images: [thing('x', 'zz')], steps: [], sizes, used: new Set()})
  expect(total).toBe(0)
})
