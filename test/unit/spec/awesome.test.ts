import {existsSync, readdirSync} from 'node:fs'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {readProject} from '../../../src/spec/read.ts'
import {fixtures, withoutFixtures} from './fixtures.ts'
import {framed} from './loading.ts'

const root = resolve(fixtures, 'awesome-compose')
const names = existsSync(root)
  ? readdirSync(root).filter(
      name => existsSync(resolve(root, name, 'compose.yaml')) || existsSync(resolve(root, name, 'compose.yml')),
    )
  : []

/** What these public files may be refused for; everything else about them must be understood. */
const expected: ReadonlyArray<readonly [code: string, message: RegExp]> = [
  ['unsupported', /\.build: building comes later$/],
  ['unsupported', /\.runtime must be runc$/],
  ['unsupported', /\.platform: this machine is linux\//],
  // Only the Compose files are in the collection, not the secrets beside them.
  ['file-not-found', /^secrets\.[a-z-]+\.file: /],
  // Plex wants its directories from variables that its .env leaves empty.
  ['bad-value', /^services\.plex\.volumes\[\d\]: "?:\//],
]

describe('awesome-compose', () => {
  test('the collection is there, or it is said why not', () => {
    if (withoutFixtures !== undefined) console.warn(withoutFixtures)
    expect(names.length > 30).toBe(withoutFixtures === undefined)
  })

  for (const name of names) {
    test(name, () => {
      const loaded = readProject({cwd: resolve(root, name), env: {HOME: '/root'}})
      const errors = loaded.problems.filter(each => each.severity === 'error')
      const surprising = errors.filter(
        error => !expected.some(([code, message]) => error.code === code && message.test(error.message)),
      )
      expect(framed({problems: surprising})).toBe('')
      expect(loaded.project === undefined).toBe(errors.length > 0)
      expect(errors.every(error => error.at !== undefined)).toBe(true)
    })
  }
})
