import {expect, test} from 'vitest'
import {renderDiagnostics} from '../../../src/ui/diagnostics.ts'
import {createStyle, harmless, wantsColour} from '../../../src/ui/style.ts'
import {table} from '../../../src/ui/table.ts'
import {ago, roughly} from '../../../src/ui/time.ts'

test('columns are as wide as what is seen of their cells', async () => {
  expect(
    await table(
      ['NAME', 'X'],
      [
        ['\u001b[31mred\u001b[39m', '1'],
        ['漢字漢', '2'],
      ],
    ),
  ).toBe('NAME     X\n\u001b[31mred\u001b[39m      1\n漢字漢   2\n')
})

test('a table without rows is its heading', async () => {
  expect(await table(['NAME', 'STATUS'], [])).toBe('NAME   STATUS\n')
})

test.each([
  [0, 'Less than a second'],
  [1000, '1 second'],
  [59_999, '59 seconds'],
  [60_000, 'About a minute'],
  [3_600_000, 'About an hour'],
  [3_600_000 * 47, '47 hours'],
  [86_400_000 * 3, '3 days'],
  [86_400_000 * 15, '2 weeks'],
  [86_400_000 * 61, '2 months'],
  [86_400_000 * 800, '2 years'],
])('%i ms is %s', (span, words) => {
  expect(roughly(span)).toBe(words)
})

test('a clock that was set back does not make the past the future', () => {
  expect(ago(5000, 1000)).toBe('Less than a second ago')
})

test('what a container calls itself cannot move the cursor', () => {
  expect(harmless('a\u001b[2Jb\nc')).toBe('ab c')
})

test.each([
  ['auto', {}, true, true],
  ['auto', {}, false, false],
  ['auto', {NO_COLOR: '1'}, true, false],
  ['auto', {TERM: 'dumb'}, true, false],
  ['always', {NO_COLOR: '1'}, false, true],
  ['never', {}, true, false],
] as const)('ansi %s with %j on a terminal: %s', (ansi, environment, isTerminal, expected) => {
  expect(wantsColour({ansi, environment}, isTerminal)).toBe(expected)
})

test('a diagnostic is coloured where it matters and is the same text otherwise', () => {
  const file = {path: 'compose.yaml', text: 'services:\n  web:\n    imagee: x\n'}
  const start = file.text.indexOf('imagee')
  const problem = {
    severity: 'error',
    code: 'unknown-key',
    message: 'unknown key "imagee"',
    at: {file, start, end: start + 6},
  } as const
  const plain = renderDiagnostics([problem], createStyle(false))
  expect(plain).toBe(
    'compose.yaml:3:5: error: unknown key "imagee" [unknown-key]\n  3 |     imagee: x\n    |     ^^^^^^\n',
  )
  const coloured = renderDiagnostics([problem], createStyle(true))
  expect(coloured).toContain('\u001b[31m^^^^^^\u001b[39m')
  expect(coloured).toContain('\u001b[31merror:\u001b[39m')
})
