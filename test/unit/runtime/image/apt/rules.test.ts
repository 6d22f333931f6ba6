import {expect, test} from 'vitest'
import {base, cut, denied} from '../../../../../src/runtime/image/apt/rules.ts'

test('nothing is both in every image and denied', () => {
  expect(base.filter(each => denied.includes(each))).toEqual([])
})

test('each rule is there once', () => {
  for (const list of [base, denied, cut]) expect(new Set(list).size).toBe(list.length)
})
