import {readFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {expect, test} from 'vitest'
import {countRules} from '../../../../src/runtime/network/guard.ts'

test('rules are counted as the kernel counts them: a line below a chain, but its hook', () => {
  const text = readFileSync(resolve(import.meta.dirname, 'rules.golden.nft'), 'utf8')
  const lines = text.split('\n').filter(line => !/^(table|delete|\}| {2}chain| {2}\})|type .* hook|^$/.test(line))
  expect(countRules(text)).toBe(lines.length)
  expect(countRules(text)).toBeGreaterThan(10)
})
