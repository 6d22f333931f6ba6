import {expect, test} from 'vitest'
import {type Entry, newEntry, stateOf} from '../../../../src/runtime/container/entry.ts'
import {Serial} from '../../../../src/runtime/container/serial.ts'
import {netnsOf, networkOwner} from '../../../../src/runtime/container/shared-network.ts'
import {pathsOf} from '../../../../src/runtime/paths.ts'
import {record} from './record.ts'

const exit = {code: 3, signal: 0, oom: true, startedAt: 10, finishedAt: 20}
const live = {
  pid: 7,
  startedAt: 30,
  ended: Promise.resolve(exit),
  isHeld: false,
  leave: () => undefined,
  released: undefined,
}
const failure = {message: 'why', exitCode: 127, startedAt: 0, finishedAt: 0}
const state = (changes: Partial<Entry>) => stateOf({...newEntry(record()), ...changes})

test.each([
  ['never started', {}, {status: 'created', exitCode: 0, startedAt: 0}],
  [
    'running, whatever was before',
    {live, exit},
    {status: 'running', pid: 7, exitCode: 0, startedAt: 30, finishedAt: 0},
  ],
  ['paused', {live, isPaused: true}, {status: 'paused', pid: 7}],
  ['ended', {exit}, {status: 'exited', pid: 0, exitCode: 3, oomKilled: true, startedAt: 10, finishedAt: 20, error: ''}],
  ['failed to start', {failure}, {status: 'created', exitCode: 127, error: 'why'}],
  ['failed to start again', {failure: {...failure, startedAt: 10, finishedAt: 20}}, {status: 'exited', exitCode: 127}],
  ['on its way out', {exit, isRemoving: true}, {status: 'removing', exitCode: 3}],
] as const)('%s', (_name, changes, expected) => {
  expect(state(changes)).toMatchObject(expected)
})

test('what has one key happens in order, also after a failure; other keys do not wait', async () => {
  const serial = new Serial()
  const seen: string[] = []
  let open: () => void = () => undefined
  const gate = new Promise<void>(resolve => (open = resolve))
  const first = serial.run('a', async () => {
    await gate
    seen.push('first')
    throw new Error('no')
  })
  const second = serial.run('a', async () => void seen.push('second'))
  await serial.run('b', async () => void seen.push('other'))
  open()
  await expect(first).rejects.toThrow('no')
  await second
  expect(seen).toEqual(['other', 'first', 'second'])
})

test('a network is one’s own, another’s through any number of containers, or the host’s', () => {
  const own = record({id: 'a'})
  const shares = record({id: 'b', host: {networkMode: 'container:a'}})
  const further = record({id: 'c', host: {networkMode: 'container:b'}})
  const all = new Map([own, shares, further].map(each => [each.id, each]))
  const find = (id: string) => all.get(id)
  expect(networkOwner(own, find)).toEqual({kind: 'own', id: 'a'})
  expect(networkOwner(further, find)).toEqual({kind: 'other', id: 'a'})
  expect(networkOwner(record({host: {networkMode: 'host'}}), find)).toEqual({kind: 'host'})
  expect(() => networkOwner(record({host: {networkMode: 'container:x'}}), find)).toThrow('no such container: x')
  const circle = record({id: 'd', host: {networkMode: 'container:d'}})
  expect(() => networkOwner(circle, () => circle)).toThrow('through others')
  const paths = pathsOf({state: '/nonesuch', run: '/nonesuch'})
  expect(netnsOf(paths, {kind: 'host'})).toBeUndefined()
  expect(netnsOf(paths, {kind: 'own', id: 'a'})).toBe('/nonesuch/netns/a')
  expect(() => netnsOf(paths, {kind: 'other', id: 'a'})).toThrow('has none yet')
})
