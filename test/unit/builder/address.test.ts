import {expect, test} from 'vitest'
import {epochOf} from '../../../src/builder/epoch.ts'
import {addressOf} from '../../../src/builder/remote/address.ts'

test.each([
  ['https://host/a.git', {url: 'https://host/a.git', directory: ''}],
  ['https://host/a.git#v1', {url: 'https://host/a.git', ref: 'v1', directory: ''}],
  ['https://host/a.git#v1:sub/dir', {url: 'https://host/a.git', ref: 'v1', directory: 'sub/dir'}],
  ['https://host/a.git#:sub', {url: 'https://host/a.git', directory: 'sub'}],
  ['git@host:a/b#main', {url: 'git@host:a/b', ref: 'main', directory: ''}],
  ['ssh://git@host/a', {url: 'ssh://git@host/a', directory: ''}],
  ['git://host/a', {url: 'git://host/a', directory: ''}],
  ['github.com/a/b', {url: 'https://github.com/a/b', directory: ''}],
])('%s is a git repository', (text, git) => {
  expect(addressOf(text)).toEqual({git})
})

test('other addresses are of the web, and paths are none', () => {
  expect(addressOf('https://host/a.tar.gz')).toEqual({url: new URL('https://host/a.tar.gz')})
  expect(addressOf('http://host/a.git.txt?x=1')).toEqual({url: new URL('http://host/a.git.txt?x=1')})
  for (const path of ['a', './a.git', '/x/https:/a', 'git', 'file:///etc', 'ext::sh'])
    expect(addressOf(path)).toBe(undefined)
})

test('the latest time of an image', () => {
  expect(epochOf({})).toBe(undefined)
  expect(epochOf({SOURCE_DATE_EPOCH: '12'})).toBe(12_000)
  expect(() => epochOf({SOURCE_DATE_EPOCH: '-1'})).toThrow('SOURCE_DATE_EPOCH is a number of seconds')
})
