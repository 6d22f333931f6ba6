import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {StackError} from '../../../src/base/error.ts'
import type {ImageFacts} from '../../../src/engine/engine.ts'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {stack} from './support.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-'))
})
afterEach(() => rmSync(directory, {recursive: true}))

/** An engine whose registry has something newer at each look, or fails. */
class Registry extends MemoryEngine {
  fetched: string[] = []
  isAway = false

  override async ensureImage(reference: string, policy: 'always' | 'never' | 'missing'): Promise<ImageFacts> {
    if (policy === 'always') {
      if (this.isAway) throw new StackError('image-failed', 'the registry does not answer')
      this.fetched.push(reference)
      const {length} = this.fetched
      this.images.set(reference, {id: `sha256:${length}`, reference, hasHealthcheck: false, checkedAt: Date.now()})
    }
    return super.ensureImage(reference, policy)
  }
}

const day = 86_400_000
const compose = (policy: string) =>
  writeFileSync(
    join(directory, 'compose.yaml'),
    `name: shop\nservices:\n  web: {image: "web:1", command: sleep infinity, ${policy}}\n  other: {image: "other:1", command: sleep infinity}\n`,
  )
const up = (engine: MemoryEngine, ...words: string[]) =>
  stack(['--progress', 'plain', 'up', '-d', ...words], {engine, directory, environment: {}})
const age = (engine: MemoryEngine, milliseconds: number) => {
  const facts = engine.images.get('web:1')!
  engine.images.set('web:1', {...facts, checkedAt: Date.now() - milliseconds})
}

test.each([
  ['pull_policy: daily', day],
  ['pull_policy: weekly', 7 * day],
  ['pull_policy: every_1h30m', day / 16],
  ['pull_policy: refresh, pull_refresh_after: 2d', 2 * day],
])(
  '%s looks for a newer image when the present one is that old, and replaces what runs',
  async (policy, milliseconds) => {
    compose(policy)
    const engine = new Registry()
    await up(engine)
    age(engine, milliseconds - 5000)
    expect((await up(engine)).stderr).not.toContain('Pull')
    age(engine, milliseconds)
    expect((await up(engine, '--dry-run')).stdout).toBe('nothing to do\n')
    expect(engine.fetched).toEqual([])
    const ran = await up(engine)
    expect(engine.fetched).toEqual(['web:1'])
    expect(ran.stderr).toMatch(/Image web:1 {2}Pulled[\s\S]*Container shop-web-1 {2}Started/)
    expect(ran.stderr).not.toContain('shop-other-1')
    const {containers} = await engine.observe('shop')
    expect(containers.find(({service}) => service === 'web')?.imageId).toBe('sha256:1')
  },
)

test('always, and --pull always, look each time; --pull never and missing do not', async () => {
  compose('pull_policy: always')
  const engine = new Registry()
  await up(engine)
  await up(engine)
  expect(engine.fetched).toEqual(['web:1', 'web:1'])
  await up(engine, '--pull', 'never')
  await up(engine, '--pull', 'missing')
  await up(engine, 'other')
  expect(engine.fetched).toHaveLength(2)
  await up(engine, '--pull', 'always')
  expect(engine.fetched.slice(2).sort()).toEqual(['other:1', 'web:1'])
})

test('where nobody answers, an old image serves on with a warning, and always fails', async () => {
  compose('pull_policy: daily')
  const engine = new Registry()
  await up(engine)
  age(engine, day)
  engine.isAway = true
  const old = await up(engine)
  expect(old).toMatchObject({code: 0, stderr: expect.stringContaining('web:1 stays as it is: the registry does not')})
  compose('pull_policy: always')
  expect(await up(engine)).toMatchObject({code: 1, stderr: expect.stringContaining('the registry does not answer')})
})

test('a wrong pull_refresh_after is told with its place', async () => {
  compose('pull_policy: refresh, pull_refresh_after: soon')
  const ran = await up(new Registry())
  expect(ran.code).toBe(1)
  expect(ran.stderr).toMatch(/compose\.yaml:3:\d+: error: services\.web\.pull_refresh_after is a time like 12h/)
})
