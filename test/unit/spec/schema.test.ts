import {readFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
// @ts-expect-error a build script has no types
import {compiled} from '../../../scripts/build-schema.mjs'
// @ts-expect-error a build script has no types
import {compatibility} from '../../../scripts/render-compatibility.mjs'
import {formRows} from '../../../src/spec/canonicalise.ts'
import {mergeRows} from '../../../src/spec/merge-rules.ts'
import {pathRows} from '../../../src/spec/paths.ts'
import {codes} from '../../../src/spec/problem.ts'
import {composeSchema, places} from '../../../src/spec/schema.ts'
import {supportRows} from '../../../src/spec/support.ts'

const root = resolve(import.meta.dirname, '../../..')
const patterns = new Map(places())

describe('the language', () => {
  test('has the 93 attributes of a service and one of our own, each with a description', () => {
    expect(Object.keys(composeSchema.$defs.service!.properties!)).toHaveLength(94)
    const bare = [...patterns].filter(([pattern, schema]) => !pattern.endsWith('*') && schema.description === undefined)
    expect(bare.map(([pattern]) => pattern)).toEqual([])
  })

  test('is compiled as it stands', () => {
    expect(
      readFileSync(resolve(root, 'src/spec/validate.generated.mjs'), 'utf8') === compiled,
      'run npm run build:schema',
    ).toBe(true)
  })

  test.each([
    ['merge', mergeRows],
    ['forms', formRows],
    ['paths', pathRows],
  ] as const)('%s: every row is about something that is in it', (_name, rows) => {
    expect(rows.map(([pattern]) => pattern).filter(pattern => !patterns.has(pattern))).toEqual([])
  })
})

describe('support', () => {
  test('every row is about something that is in the language', () => {
    expect(Object.keys(supportRows).filter(pattern => !patterns.has(pattern))).toEqual([])
  })

  test('every attribute has a row, or stands below one that is not honoured', () => {
    const rowOf = (pattern: string) => supportRows[pattern]
    const isClosed = (pattern: string): boolean => {
      const parts = pattern.split('.')
      return parts.some((_, index) => {
        const row = rowOf(parts.slice(0, index).join('.'))
        return row !== undefined && row !== 'supported' && (row.support !== 'partial' || parts[index - 1] === 'build')
      })
    }
    const missing = [...patterns.keys()].filter(
      pattern => !pattern.endsWith('*') && rowOf(pattern) === undefined && !isClosed(pattern),
    )
    expect(missing).toEqual([])
  })

  test('docs/compatibility.md is rendered from it', () => {
    expect(
      readFileSync(resolve(root, 'docs/compatibility.md'), 'utf8') === compatibility(),
      'run npm run build:schema',
    ).toBe(true)
  })
})

test('docs/errors.md has a line for every code', () => {
  const page = readFileSync(resolve(root, 'docs/errors.md'), 'utf8')
  expect(Object.entries(codes).filter(([code, text]) => !page.includes(`| \`${code}\` | ${text} |`))).toEqual([])
})
