import {expect, test} from 'vitest'
import {sizeText} from '../../../src/ui/size.ts'

test.each([
  [0, '0B'],
  [999, '999B'],
  [1000, '1kB'],
  [1236, '1.24kB'],
  [24_310_000, '24.3MB'],
  [117_600_000, '118MB'],
  [999_960, '1MB'],
  [5e9, '5GB'],
  [3e18, '3000PB'],
])('%d bytes are %s', (bytes, expected) => {
  expect(sizeText(bytes)).toBe(expected)
})
