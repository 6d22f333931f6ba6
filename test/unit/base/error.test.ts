import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {describe, errnoOf, hintOf, StackError, within} from '../../../src/base/error.ts'
import {version} from '../../../src/version.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

test('docs/errors.md has a line for every code, and for no other', () => {
  const union = /type ErrorCode =([\s\S]*?)\n\n/.exec(read('src/base/error.ts'))?.[1] ?? ''
  const codes = [...union.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code)
  const page = read('docs/errors.md').split('## What goes wrong')[1] ?? ''
  expect([...page.matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) => code)).toEqual(codes)
})

test('context is added in front, and code, hint and exit code of the inside are kept', async () => {
  const inner = new StackError('program-not-found', 'exec x: No such file or directory (ENOENT)', {
    hint: 'install x',
    exitCode: 127,
  })
  const error = await within('cannot start web.1', () => Promise.reject(inner)).catch(caught => caught)
  expect(error).toMatchObject({code: 'program-not-found', exitCode: 127})
  expect(describe(error)).toBe('cannot start web.1: exec x: No such file or directory (ENOENT)')
  expect(hintOf(error)).toBe('install x')
})

test('the errno is found anywhere in the chain', () => {
  const native = Object.assign(new Error('create veth'), {code: 'EEXIST'})
  expect(errnoOf(new Error('outer', {cause: native}))).toBe('EEXIST')
  expect(errnoOf(new Error('outer'))).toBeUndefined()
})

test('the version is that of package.json', () => {
  expect(JSON.parse(read('package.json')).version).toBe(version)
})
