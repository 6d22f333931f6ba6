import {beforeEach, describe, expect, test} from 'vitest'
import {StackError} from '../../../src/base/error.ts'
import type {Found} from '../../../src/dev/look.ts'
import {Mirror} from '../../../src/dev/mirror.ts'
import type {FileChange} from '../../../src/engine/engine.ts'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'

const file = (text: string): Found => ({
  kind: 'found',
  mark: `file ${text}`,
  change: {kind: 'file', data: Buffer.from(text), mode: 0o644},
})
const gone: Found = {kind: 'found', mark: 'gone', change: {kind: 'gone'}}
const directory: Found = {kind: 'found', mark: 'directory 493', change: {kind: 'directory', mode: 0o755}}

/** An engine that notes what is changed, and fails for containers that are said to be down. */
class Noting extends MemoryEngine {
  readonly calls: string[] = []
  readonly sent: string[] = []
  readonly down = new Set<string>()
  override changeFiles(ids: readonly string[], changes: readonly FileChange[]) {
    this.sent.push(ids.join(' '))
    return Promise.allSettled(ids.map(id => this.#note(id, changes)))
  }
  async #note(id: string, changes: readonly FileChange[]): Promise<void> {
    if (this.down.has(id)) throw new StackError('conflict', `${id} is ending`)
    this.calls.push(`${id}: ${changes.map(({path, kind}) => `${kind} ${path}`).join(', ')}`)
  }
}

const container = (id: string) => ({id, name: id, service: 'web'})
let host: Record<string, Found>
let engine: Noting
let mirror: Mirror
beforeEach(() => {
  host = {}
  engine = new Noting()
  mirror = new Mirror(engine, async path => host[path] ?? gone)
})
const sync = (paths: readonly string[], ...ids: string[]) =>
  mirror.sync('web', new Map(paths.map(path => [`/app${path}`, path])), ids.map(container))

describe('what containers are given', () => {
  test('what they have already is not written again', async () => {
    host['/a'] = file('one')
    expect(await sync(['/a'], 'x', 'y')).toMatchObject({containers: 2, failures: []})
    expect((await sync(['/a'], 'x', 'y')).containers).toBe(0)
    host['/a'] = file('two')
    expect([...(await sync(['/a'], 'x', 'y')).written]).toEqual(['/app/a'])
    expect(engine.calls).toEqual(['x: file /app/a', 'y: file /app/a', 'x: file /app/a', 'y: file /app/a'])
  })

  test('one that could not be given is owed, the others have it', async () => {
    host['/a'] = file('one')
    engine.down.add('y')
    const first = await sync(['/a'], 'x', 'y')
    expect(first).toMatchObject({containers: 1, failures: [{subject: 'y', why: 'y is ending'}]})
    expect([mirror.isBehind(container('x')), mirror.isBehind(container('y'))]).toEqual([false, true])
    engine.down.clear()
    expect((await sync([], 'x', 'y')).containers).toBe(1)
    expect(engine.calls).toEqual(['x: file /app/a', 'y: file /app/a'])
    expect(mirror.isBehind(container('y'))).toBe(false)
  })

  test('those that lack the same are given it together, one that lacks more by itself', async () => {
    host = {'/a': file('one'), '/b': file('one')}
    await sync(['/a'], 'x', 'y')
    await sync(['/b'], 'x', 'y', 'z')
    expect(engine.sent).toEqual(['x y', 'x y', 'z'])
    expect(engine.calls.slice(2)).toEqual(['x: file /app/b', 'y: file /app/b', 'z: file /app/a, file /app/b'])
  })

  test('a new container gets all, and one that is gone is forgotten', async () => {
    host['/a'] = file('one')
    await sync(['/a', '/b'], 'x')
    mirror.keep([container('z')])
    expect(mirror.isBehind(container('z'))).toBe(true)
    await sync([], 'z')
    expect(engine.calls).toEqual(['x: gone /app/b, file /app/a', 'z: gone /app/b, file /app/a'])
    expect(mirror.isBehind(container('x'))).toBe(true)
  })

  test('what was below a directory that became a file is written again when that is one again', async () => {
    host = {'/d': directory, '/d/a': file('one')}
    await sync(['/d', '/d/a'], 'x')
    host = {'/d': file('flat')}
    await sync(['/d', '/d/a'], 'x')
    host = {'/d': directory, '/d/a': file('one')}
    engine.calls.length = 0
    await sync(['/d', '/d/a'], 'x')
    expect(engine.calls).toEqual(['x: directory /app/d, file /app/d/a'])
  })

  test('an unreadable file keeps nothing else back, and is tried again', async () => {
    host = {'/a': {kind: 'unreadable', why: 'permission denied'}, '/b': file('b')}
    const first = await sync(['/a', '/b'], 'x')
    expect(first.failures).toEqual([{subject: '/a', why: 'permission denied'}])
    expect([...first.written]).toEqual(['/app/b'])
    expect(mirror.isBehind(container('x'))).toBe(true)
    host['/a'] = file('a')
    expect([...(await sync([], 'x')).written]).toEqual(['/app/a'])
  })

  test('a socket is nothing to send', async () => {
    host['/s'] = {kind: 'other'}
    expect(await sync(['/s'], 'x')).toMatchObject({containers: 0, failures: []})
    expect(mirror.isBehind(container('x'))).toBe(false)
  })
})
