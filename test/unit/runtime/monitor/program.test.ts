import fc from 'fast-check'
import {expect, test} from 'vitest'
import {decodeWords, encodeProgram, encodeWords} from '../../../../src/runtime/monitor/program.ts'

test('a step is its number of words, then the words', () => {
  const bytes = encodeProgram([['hold'], ['env', 'A=é'], ['user', '0', '0', '']])
  expect(Buffer.from(bytes).toString()).toBe('1\0hold\x002\0env\0A=é\x004\0user\x000\x000\0\0')
})

test('a word that holds a NUL would be two', () => {
  expect(() => encodeProgram([['env', 'A=\0exec']])).toThrow('holds a NUL')
})

test('words come back as they were', () => {
  const word = fc.string().filter(each => !each.includes('\0'))
  fc.assert(
    fc.property(fc.array(word, {minLength: 1}), words => {
      expect(decodeWords(encodeWords(words))).toEqual(words)
      expect(decodeWords(Buffer.from(encodeWords(words)))).toEqual(words)
    }),
  )
  expect(decodeWords('')).toEqual([])
})
