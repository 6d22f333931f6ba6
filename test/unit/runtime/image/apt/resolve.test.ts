import {expect, test} from 'vitest'
import type {Apt} from '../../../../../src/runtime/image/apt/apt.ts'
import {resolve} from '../../../../../src/runtime/image/apt/resolve.ts'
import {base} from '../../../../../src/runtime/image/apt/rules.ts'
import {parseStanzas} from '../../../../../src/runtime/image/apt/stanza.ts'

const preferred = parseStanzas(
  [
    ...base.map(name => `Package: ${name}\nVersion: 1`),
    'Package: server\nVersion: 2\nDepends: tools (= 2)',
    'Package: tools\nVersion: 2',
  ].join('\n\n'),
)
const older = parseStanzas('Package: server\nVersion: 1\nDepends: tools (= 1)\n\nPackage: tools\nVersion: 1')

function aptOf(): {apt: Apt; asked: string[]} {
  const asked: string[] = []
  const apt = {
    cache: '/nowhere',
    reachable: async (names: readonly string[]) => [...names, 'tools'],
    show: async (names: readonly string[]) => preferred.filter(each => names.includes(each.name)),
    showVersions: async (choices: ReadonlyArray<{name: string; version?: string}>) => {
      asked.push(choices.map(each => `${each.name}=${each.version}`).join(' '))
      return older.filter(each => choices.some(({name, version}) => name === each.name && version === each.version))
    },
    namesLike: async () => ['server', 'service'],
    download: async () => ({status: 0, stdout: '', stderr: ''}),
  }
  return {apt, asked}
}

const request = {extra: [], without: []}

test('the preferred versions take no further question', async () => {
  const {apt, asked} = aptOf()
  const found = await resolve(apt, {...request, packages: [{name: 'server'}]})
  expect(found.filter(each => !base.includes(each.name)).map(each => `${each.name} ${each.version}`)).toEqual([
    'server 2',
    'tools 2',
  ])
  expect(asked).toEqual([])
})

test('an older version brings the older packages that belong to it', async () => {
  const {apt, asked} = aptOf()
  const found = await resolve(apt, {...request, packages: [{name: 'server', version: '1'}]})
  expect(found.filter(each => !base.includes(each.name)).map(each => `${each.name} ${each.version}`)).toEqual([
    'server 1',
    'tools 1',
  ])
  expect(asked).toEqual(['server=1', 'tools=1'])
})

test('a version that no archive has is named, with the one that is there', async () => {
  const {apt} = aptOf()
  await expect(resolve(apt, {...request, packages: [{name: 'server', version: '7'}]})).rejects.toMatchObject({
    code: 'image-not-found',
    message: 'apt has no server=7',
    hint: 'there is server=2',
  })
})
