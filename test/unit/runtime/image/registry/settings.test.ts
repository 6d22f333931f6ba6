import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {isInsecure, registrySettings} from '../../../../../src/runtime/image/registry/settings.ts'
import {failure} from '../../../../support/registry-client.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-settings-'))
})
afterEach(() => rmSync(directory, {recursive: true}))

function file(content: unknown): string {
  const path = join(directory, 'registries.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('a file and the environment add up, the environment first', async () => {
  const STACK_REGISTRIES = file({
    mirrors: {'docker.io': ['https://m1.test/hub/', 'http://m2.test:5000']},
    insecure: ['b.test'],
  })
  const settings = await registrySettings({
    STACK_REGISTRIES,
    STACK_REGISTRY_MIRRORS: 'docker.io=m0.test, a.test:5000=https://m3.test',
    STACK_INSECURE_REGISTRIES: 'c.test:5000, 10.0.0.0/8',
  })
  expect(Object.fromEntries(settings.mirrors)).toEqual({
    'docker.io': [
      {host: 'm0.test', prefix: ''},
      {host: 'm1.test', scheme: 'https', prefix: 'hub/'},
      {host: 'm2.test:5000', scheme: 'http', prefix: ''},
    ],
    'a.test:5000': [{host: 'm3.test', scheme: 'https', prefix: ''}],
  })
  expect(settings.insecure).toEqual(['c.test:5000', '10.0.0.0/8', 'b.test'])
})

test.each([
  ['nonsense', 'not valid JSON'],
  [{mirrors: []}, '"mirrors" has the wrong form'],
  [{mirrors: {'docker.io': 'https://x'}}, '"mirrors" has the wrong form'],
  [{mirrors: {'docker.io': ['https://me:secret@x']}}, 'is not the address of a mirror'],
  [{mirrors: {'docker.io': ['ftp://x']}}, 'is not the address of a mirror'],
  [{mirrors: {'a/b': ['https://x']}}, '"a/b" is not a registry'],
  [{insecure: 'x'}, '"insecure" has the wrong form'],
])('%j is refused', async (content, words) => {
  const {code, text} = await failure(registrySettings({STACK_REGISTRIES: file(content)}))
  expect(code).toBe('invalid-file')
  expect(text).toContain(words)
})

test('a file that is named has to be there', async () => {
  expect((await failure(registrySettings({STACK_REGISTRIES: join(directory, 'none')}))).text).toContain(
    'cannot be read',
  )
})

test.each([
  ['b.test', true],
  ['b.test:443', true],
  ['c.test:5000', true],
  ['c.test', false],
  ['10.2.3.4:80', true],
  ['11.2.3.4', false],
  ['xb.test', false],
])('%s is insecure: %s', (host, is) => {
  expect(isInsecure(host, ['b.test', 'c.test:5000', '10.0.0.0/8'])).toBe(is)
})
