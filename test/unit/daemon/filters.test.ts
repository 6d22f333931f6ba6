import {expect, test} from 'vitest'
import {prunable} from '../../../src/daemon/filters.ts'

const now = Date.parse('2024-05-06T12:00:00Z')
const thing = {labels: {kind: 'test'}, created: Date.parse('2024-05-06T10:00:00Z')}

test.each([
  [{}, true],
  [{label: ['kind']}, true],
  [{label: ['kind=test', 'other']}, false],
  [{'label!': ['kind']}, false],
  [{'label!': ['kind=other', 'more']}, true],
  [{until: ['1h']}, true],
  [{until: ['3h']}, false],
  [{until: ['2024-05-06T11:00:00Z']}, true],
  [{until: ['2024-05-06']}, false],
  [{until: [String(now / 1000)]}, true],
  [{dangling: ['true']}, true],
])('%j of a thing of two hours: %j', (filters, expected) => {
  expect(prunable(filters, now, ['dangling'])(thing)).toBe(expected)
})

test.each([
  [{colour: ['red']}, "invalid filter 'colour'"],
  [{until: ['lately']}, 'invalid filter \'until\': "lately" is no time and no duration'],
  [{until: ['1h', '2h']}, "invalid filter 'until': more than one is given"],
])('%j is refused', (filters, message) => {
  expect(() => prunable(filters, now)).toThrow(message)
})
