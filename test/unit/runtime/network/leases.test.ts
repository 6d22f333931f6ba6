import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, expect, test} from 'vitest'
import type {Endpoint} from '../../../../src/model/network.ts'
import {type Lease, Leases} from '../../../../src/runtime/network/leases.ts'
import {pathsOf} from '../../../../src/runtime/paths.ts'

const directory = mkdtempSync(join(tmpdir(), 'leases-'))
const paths = pathsOf({state: directory, run: directory})
afterEach(() => rmSync(directory, {recursive: true, force: true}))

const lease = (container: string, last: number, names = ['web']): Lease => ({
  container,
  name: container,
  project: '',
  service: '',
  dns: [],
  endpoints: [{container, network: 'a', address: `10.0.0.${last}`, names} as unknown as Endpoint],
  ports: [],
  publishing: false,
})

test('they are found by address and by name, and no longer once dropped', () => {
  const leases = new Leases(paths)
  leases.hold(lease('one', 2))
  leases.hold(lease('two', 3, ['Web', 'db']))
  expect(leases.named('a', 'WEB').map(each => each.container)).toEqual(['one', 'two'])
  expect(leases.endpointAt('10.0.0.3')?.container).toBe('two')
  expect(leases.countOn('a')).toBe(2)
  leases.drop('two')
  expect(leases.named('a', 'web').map(each => each.container)).toEqual(['one'])
  expect(leases.named('a', 'db')).toEqual([])
  expect(leases.endpointAt('10.0.0.3')).toBeUndefined()
  expect(leases.countOn('a')).toBe(1)
})

test('the last address is that of the newest endpoint, whatever else of a lease changes', () => {
  const leases = new Leases(paths)
  leases.hold(lease('one', 2))
  leases.hold(lease('two', 3))
  leases.hold({...lease('one', 2), publishing: true})
  expect(leases.lastOn('a')).toBe('10.0.0.3')
})

test('what was saved is read again, what was freed is not', async () => {
  for (const id of ['one', 'two']) mkdirSync(paths.container(id).directory, {recursive: true})
  const before = new Leases(paths)
  await before.save(lease('one', 2))
  await before.save(lease('two', 3))
  await before.free('two')
  await before.free('two')
  const after = new Leases(paths)
  await after.load()
  expect([...after.all()]).toEqual([lease('one', 2)])
})
