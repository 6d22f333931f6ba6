import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {StackError} from '../../../src/base/error.ts'
import {candidates, obstacleTo} from '../../../src/cli/pushing.ts'
import type {ImageLibrary} from '../../../src/engine/images.ts'
import {engineWith, stack} from './support.ts'

const build = {} as NonNullable<Parameters<typeof obstacleTo>[0]['build']>
const obstacle = (image: string, {isBuilt = false, isNamed = false} = {}) =>
  obstacleTo({name: 'web', image, isNamed, ...(isBuilt && {build})}, 'shop')?.because

test('what is sent is decided by the name of the image and by who asks', () => {
  expect(obstacle('localhost:5000/web')).toBeUndefined()
  expect(obstacle('me/web', {isBuilt: true})).toBeUndefined()
  expect(obstacle('shop-web', {isBuilt: true})).toBe('its service says no image:')
  expect(obstacle('postgres')).toBe('it is not built here')
  expect(obstacle('postgres', {isNamed: true})).toBeUndefined()
  expect(obstacle('host://', {isNamed: true})).toBe('it has no name of a registry')
  expect(obstacle('apt://nginx')).toBe('it has no name of a registry')
  expect(obstacle(`localhost:5000/web@sha256:${'0'.repeat(64)}`)).toBe('a digest cannot be pushed')
})

test('an image of several services is sent once, and its further tags too', () => {
  const service = (name: string, image: string, tags?: string[]) =>
    ({name, image, ...(tags && {build: {tags}})}) as never
  const all = candidates([service('a', 'x'), service('b', 'x'), service('c', 'y', ['z', 'y'])], ['c'])
  expect(all.map(({image, isNamed}) => [image, isNamed])).toEqual([
    ['x', false],
    ['y', true],
    ['z', true],
  ])
})

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-push-'))
  const compose = `name: shop
services:
  web: {build: ., image: "localhost:5000/web:1", depends_on: [db]}
  db: {image: "localhost:5000/db"}
  tool: {image: "host://"}
`
  writeFileSync(join(directory, 'compose.yaml'), compose)
})
afterEach(() => rmSync(directory, {recursive: true}))

function engine({present = ['localhost:5000/web:1', 'localhost:5000/db'], failing = ''} = {}) {
  const pushed: string[] = []
  const library: Partial<ImageLibrary> = {
    inspect: async () => ({Id: 'x', RepoDigests: [`localhost:5000/db@sha256:${'0'.repeat(64)}`]}),
    async push(reference, progress) {
      progress('layer 10 %')
      if (reference === failing) throw new StackError('image-failed', 'denied', {hint: 'docker login localhost:5000'})
      pushed.push(reference)
    },
  }
  const findImage = async (reference: string) =>
    present.includes(reference) ? {id: 'x', reference, hasHealthcheck: false} : undefined
  return {pushed, engine: engineWith({library: library as ImageLibrary, findImage})}
}

test('stack push: what is built; what came from a registry and what has no name there is passed over', async () => {
  const {pushed, engine: one} = engine()
  const ran = await stack(['push'], {engine: one, directory})
  expect(ran.code).toBe(0)
  expect(pushed).toEqual(['localhost:5000/web:1'])
  expect(ran.stderr).toContain('Image localhost:5000/db  Skipped  its registry has it')
  expect(ran.stderr).toContain('Image host://  Skipped  it has no name of a registry (try: stack image tag host://')
  expect(ran.stderr).toMatch(/web:1 {2}Pushing {2}layer 10 %[\s\S]*web:1 {2}Pushed/)
})

test('--include-deps, --quiet, --dry-run and services by name', async () => {
  const {pushed, engine: one} = engine()
  expect((await stack(['push', '--include-deps', '-q', 'web'], {engine: one, directory})).stderr).not.toContain('10 %')
  await stack(['push', '--dry-run'], {engine: one, directory})
  await stack(['push', 'db'], {engine: one, directory})
  expect(pushed).toEqual(['localhost:5000/web:1', 'localhost:5000/db'])
  const tool = await stack(['push', 'tool'], {engine: one, directory})
  expect(tool).toMatchObject({code: 1, stderr: expect.stringContaining('error: Image host://: it has no name of')})
  expect(await stack(['push', 'wbe'], {engine: one, directory})).toMatchObject({code: 1})
})

test('failures are said with what to try, and end with 1 unless they are ignored', async () => {
  const denied = engine({failing: 'localhost:5000/web:1'})
  const ran = await stack(['push'], {engine: denied.engine, directory})
  expect(ran).toMatchObject({code: 1, stderr: expect.stringContaining('web:1: denied (try: docker login')})
  const ignored = await stack(['push', '--ignore-push-failures'], {engine: denied.engine, directory})
  expect(ignored).toMatchObject({code: 0, stderr: expect.stringContaining('web:1  Warning  denied')})
  const gone = engine({present: []})
  const missing = await stack(['push', 'web', 'db'], {engine: gone.engine, directory})
  expect(missing.code).toBe(1)
  expect(missing.stderr).toContain('web:1: it is not here (try: stack build web)')
  expect(missing.stderr).toContain('db: it is not here (try: stack pull db)')
})
