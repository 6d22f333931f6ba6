import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {lookup, type RootView, readFrom} from '../../../../src/runtime/container/root-view.ts'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'root-view-'))
})
afterEach(() => rmSync(base, {recursive: true}))

const put = (path: string, text: string) => {
  mkdirSync(dirname(join(base, path)), {recursive: true})
  writeFileSync(join(base, path), text)
}
const link = (path: string, target: string) => {
  mkdirSync(dirname(join(base, path)), {recursive: true})
  symlinkSync(target, join(base, path))
}
const view = (overlays: RootView['overlays'] = []): RootView => ({
  layers: ['top', 'low'].map(each => join(base, each)),
  overlays,
})

test('the uppermost layer that has a file gives it', () => {
  put('low/etc/passwd', 'low')
  put('low/etc/group', 'group')
  put('top/etc/passwd', 'top')
  expect(readFrom(view(), '/etc/passwd')).toBe('top')
  expect(readFrom(view(), '/etc/group')).toBe('group')
  expect(readFrom(view(), '/etc/shadow')).toBe('')
})

test('links are followed within the view and never out of it', () => {
  put('low/usr/lib/passwd', 'inside')
  link('top/etc/passwd', '/usr/lib/passwd')
  link('top/etc/up', '../../../../usr/lib/passwd')
  put('outside', 'secret')
  link('top/out', join(base, 'outside'))
  link('top/loop', '/loop')
  expect(readFrom(view(), '/etc/passwd')).toBe('inside')
  expect(readFrom(view(), '/etc/up')).toBe('inside')
  expect(readFrom(view(), '/out')).toBe('')
  expect(readFrom(view(), '/loop')).toBe('')
})

test('a directory link in a lower layer is hidden by a directory above it', () => {
  put('low/real/file', 'through the link')
  link('low/etc', 'real')
  put('top/etc/other', 'other')
  expect(readFrom(view(), '/etc/file')).toBe('')
  expect(readFrom(view(), '/etc/other')).toBe('other')
})

test('a file hides a directory below it, and is no directory', () => {
  put('low/etc/passwd', 'low')
  put('top/etc', 'a file')
  expect(readFrom(view(), '/etc/passwd')).toBe('')
  expect(readFrom(view(), '/etc/')).toBe('a file')
})

test('a directory is all that merge there, uppermost first', () => {
  put('low/data/a', '')
  put('top/data/b', '')
  expect(lookup(view(), '/data/../data/.')).toEqual({
    kind: 'directory',
    path: '/data',
    directories: [join(base, 'top/data'), join(base, 'low/data')],
  })
})

test('an overlay stands in place of what is at its target', () => {
  put('low/usr/lib/os-release', 'the image’s')
  put('host/lib/os-release', 'the host’s')
  link('top/lib', 'usr/lib')
  const overlaid = view([{target: '/usr', layers: [join(base, 'host')]}])
  expect(readFrom(overlaid, '/lib/os-release')).toBe('the host’s')
})
