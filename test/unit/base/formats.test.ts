import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {parseBytes} from '../../../src/base/bytes.ts'
import {formatDuration, parseDuration} from '../../../src/base/duration.ts'
import {frame} from '../../../src/base/frame.ts'
import {findCycle} from '../../../src/base/graph.ts'
import {suggest} from '../../../src/base/suggest.ts'

describe('durations', () => {
  test.each([
    ['90s', 90_000, '1m30s'],
    ['1h', 3_600_000, '1h0m0s'],
    ['1m30s', 90_000, '1m30s'],
    ['1500ms', 1500, '1.5s'],
    ['1.5h', 5_400_000, '1h30m0s'],
    ['0', 0, '0s'],
    ['500us', 0.5, '500µs'],
    ['2d', 172_800_000, '48h0m0s'],
    ['1w', 604_800_000, '168h0m0s'],
  ])('%s', (text, milliseconds, shown) => {
    expect(parseDuration(text)).toBe(milliseconds)
    expect(formatDuration(milliseconds)).toBe(shown)
  })

  test.each(['90', '', 's', '1 s', '-1s', '1x', '1s2'])('%s is none', text =>
    expect(parseDuration(text)).toBeUndefined(),
  )

  test('what is printed is read as the same', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), milliseconds => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds)
      }),
    )
  })
})

test.each([
  ['1.5gb', 1_610_612_736],
  ['64KiB', 65_536],
  ['10 MB', 10_485_760],
  ['2t', 2_199_023_255_552],
  ['b', undefined],
  ['-2', undefined],
  ['1e3', undefined],
  ['99999999p', undefined],
])('%s is %s bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes))

test.each([
  ['imagee', 'image'],
  ['iamge', 'image'],
  ['Ports', 'ports'],
  ['something', undefined],
  ['x', undefined],
])('%s: did you mean %s?', (word, meant) => expect(suggest(word, ['image', 'ports', 'volumes'])).toBe(meant))

describe('cycles', () => {
  const find = (edges: Record<string, string[]>) => findCycle(Object.keys(edges), node => edges[node] ?? [])
  test('is named whole, from its first node to that node again', () =>
    expect(find({x: ['a'], a: ['b'], b: ['c'], c: ['a']})).toEqual(['a', 'b', 'c', 'a']))
  test('a node that needs itself', () => expect(find({a: ['a']})).toEqual(['a', 'a']))
  test('two ways to one node are no cycle', () =>
    expect(find({a: ['b', 'c'], b: ['d'], c: ['d'], d: []})).toBeUndefined())
  test('a chain longer than the call stack', () => {
    const edges = Object.fromEntries(Array.from({length: 50_000}, (_, index) => [`n${index}`, [`n${index + 1}`]]))
    expect(find(edges)).toBeUndefined()
  })
})

describe('frame', () => {
  const file = {path: 'compose.yaml', text: 'a: 1\n\tb: two\r\nc'}
  test('shows the line with a caret below, tabs kept', () => {
    expect(
      frame({
        severity: 'error',
        code: 'bad-value',
        message: 'b must be 2',
        at: {file, start: 9, end: 12},
        hint: 'count',
      }),
    ).toBe('compose.yaml:2:5: error: b must be 2 [bad-value]\n  2 | \tb: two\n    | \t   ^^^\n  hint: count')
  })
  test('a value over several lines is marked to the end of its first', () => {
    expect(frame({severity: 'warning', code: 'x', message: 'm', at: {file, start: 0, end: 12}})).toContain(
      '  1 | a: 1\n    | ^^^^',
    )
  })
  test('without a place there is only the message', () => {
    expect(frame({severity: 'error', code: 'x', message: 'm'})).toBe('error: m [x]')
  })
  test('the end of the file has a place too', () => {
    expect(frame({severity: 'error', code: 'x', message: 'm', at: {file, start: 15, end: 15}})).toContain(
      'compose.yaml:3:2',
    )
  })
})
