import {describe, expect, test} from 'vitest'
import {type Intent, intentOf} from '../../../../src/ui/screen/keys.ts'
import {addressOf} from '../../../../src/ui/screen/rows.ts'
import type {ScreenState} from '../../../../src/ui/screen/state.ts'
import {facts, shop, stateAfter} from './sample.ts'

const normal = stateAfter(shop)
const rows: ReadonlyArray<readonly [mode: ScreenState['mode'], key: string, intent: Intent | undefined]> = [
  ['normal', 'r', {kind: 'restart', service: 'web'}],
  ['normal', 'b', {kind: 'rebuild', service: 'web'}],
  ['normal', 'o', {kind: 'open', service: 'web'}],
  ['normal', '+', {kind: 'scale', service: 'web', by: 1}],
  ['normal', '=', {kind: 'scale', service: 'web', by: 1}],
  ['normal', '-', {kind: 'scale', service: 'web', by: -1}],
  ['normal', 'down', {kind: 'move', by: 1}],
  ['normal', 'k', {kind: 'move', by: -1}],
  ['normal', 'enter', {kind: 'focus'}],
  ['normal', '/', {kind: 'mode', mode: 'filter'}],
  ['normal', '?', {kind: 'mode', mode: 'help'}],
  ['normal', 'q', {kind: 'mode', mode: 'quit'}],
  ['normal', 'z', undefined],
  ['normal', 'toString', undefined],
  ['normal', 'ctrl-c', {kind: 'interrupt'}],
  ['filter', 'r', {kind: 'filter', text: 'abr'}],
  ['filter', 'backspace', {kind: 'filter', text: 'a'}],
  ['filter', 'enter', {kind: 'mode', mode: 'normal'}],
  ['filter', 'escape', {kind: 'show all'}],
  ['filter', 'up', undefined],
  ['filter', 'ctrl-c', {kind: 'interrupt'}],
  ['help', 'r', {kind: 'mode', mode: 'normal'}],
  ['quit', 'd', {kind: 'leave', how: 'detach'}],
  ['quit', 's', {kind: 'leave', how: 'stop'}],
  ['quit', 'x', {kind: 'leave', how: 'down'}],
  ['quit', 'escape', {kind: 'mode', mode: 'normal'}],
  ['quit', 'r', undefined],
]

describe('keys', () => {
  test.each(rows)('%s: %s', (mode, key, intent) => {
    expect(intentOf({...normal, mode, filter: 'ab'}, key)).toEqual(intent)
  })

  test('without a service nothing is done to one', () => {
    expect(intentOf(stateAfter([], []), 'r')).toBeUndefined()
  })
})

test('the chosen service is kept within the list, and the focus goes along', () => {
  expect(stateAfter([...shop, {kind: 'move', by: 9}]).selected).toBe('db')
  expect(stateAfter([...shop, {kind: 'move', by: -9}]).selected).toBe('web')
  expect(stateAfter([...shop, {kind: 'focus'}, {kind: 'move', by: 1}]).focus).toBe('db')
  expect(stateAfter([...shop, {kind: 'focus'}, {kind: 'focus'}]).focus).toBeUndefined()
})

test('the address of a service is that of its first published port', () => {
  const port = (target: number, published: number, hostIp = '') => ({target, published, hostIp, protocol: 'tcp'})
  const of = (...ports: ReturnType<typeof port>[]) => addressOf({containers: [facts('web', 1, {ports})]}, 'web')
  expect(of()).toBeUndefined()
  expect(of(port(80, 0))).toBeUndefined()
  expect(of(port(9000, 9000), port(80, 8080, '0.0.0.0'))).toBe('http://localhost:8080/')
  expect(of(port(443, 8443, '::1'))).toBe('https://[::1]:8443/')
})
