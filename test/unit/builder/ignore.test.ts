import {describe, expect, it} from 'vitest'
import {parseIgnore} from '../../../src/builder/context/ignore.ts'

function isIgnored(text: string, path: string): boolean {
  const ignore = parseIgnore(text)
  let at = {isIgnored: false, matches: ignore.none}
  const parts = path.split('/')
  for (const length of parts.keys()) at = ignore.enter(parts.slice(0, length + 1).join('/'), at.matches)
  return at.isIgnored
}

describe('.dockerignore', () => {
  it.each([
    ['node_modules', 'node_modules/a/b.js', true],
    ['node_modules', 'sub/node_modules', false],
    ['**/node_modules', 'sub/deep/node_modules/x', true],
    ['**/node_modules', 'node_modules', true],
    ['/a.txt', 'a.txt', true],
    ['./x/../a.txt', 'a.txt', true],
    ['*.md\n!README.md', 'README.md', false],
    ['*.md\n!README.md', 'other.md', true],
    ['*\n!src', 'src/deep/file', false],
    ['*\n!src\nsrc/secret*', 'src/secret.txt', true],
    ['# no\n\n  *.log  ', 'a.log', true],
    ['*.log', 'sub/a.log', false],
    ['**/*.log', 'sub/deep/a.log', true],
    ['a?c', 'abc', true],
    ['a[bx]c', 'axc', true],
    ['a[^bx]c', 'axc', false],
    ['a\\*c', 'abc', false],
    ['temp*/**', 'temp1/x/y', true],
    ['a.c', 'abc', false],
  ])('%j: %s', (text, path, expected) => {
    expect(isIgnored(text, path)).toBe(expected)
  })

  it('knows below which directories an exception may lie', () => {
    const ignore = parseIgnore('*\n!src/*/keep\n!**/x')
    expect(ignore.mayHold('src/a')).toBe(true)
    expect(parseIgnore('*\n!src/*/keep').mayHold('other')).toBe(false)
    expect(parseIgnore('*\n!src/*/keep').mayHold('src/a/keep/b')).toBe(false)
    expect(parseIgnore('node_modules').mayHold('node_modules')).toBe(false)
  })
})
