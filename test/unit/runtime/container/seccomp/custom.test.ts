import {describe, expect, test} from 'vitest'
import {defaultCapabilities} from '../../../../../src/runtime/container/capabilities.ts'
import {type Circumstances, parseProfile} from '../../../../../src/runtime/container/seccomp/custom.ts'
import {customFilter} from '../../../../../src/runtime/container/seccomp/filter.ts'
import {syscallNumbers} from '../../../../../src/runtime/container/seccomp/numbers.ts'
import {runFilter} from './interpreter.ts'

const words = new Map([
  [0x7fff0000, 'allow'],
  [0x7ffc0000, 'log'],
  [0, 'kill'],
  [0x80000000, 'kill process'],
  [0x00030000, 'trap'],
])
const errno = 0x00050000

const asking = (profile: object | string, changes: Partial<Circumstances> = {}) => {
  const text = typeof profile === 'string' ? profile : JSON.stringify(profile)
  const program = customFilter(parseProfile(text), {
    ...{architecture: 'x64', capabilities: defaultCapabilities, kernel: '6.1.0-13-amd64'},
    ...changes,
  })
  return (name: string | number, ...args: (number | bigint)[]): string => {
    const number = typeof name === 'number' ? name : syscallNumbers('x64').get(name)!
    const answer = runFilter(program, {number, architecture: 0xc000003e, arguments: args.map(BigInt)}) >>> 0
    return (answer & 0xffff0000) >>> 0 === errno ? String(answer & 0xffff) : words.get(answer)!
  }
}

const rule = (names: string[], action: string, more: object = {}) => ({names, action, ...more})

test('a list of what is allowed: what is not named is refused, what is newer does not exist', () => {
  const ask = asking({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [rule(['read', 'write', 'nonesuch'], 'SCMP_ACT_ALLOW')],
  })
  expect([ask('read'), ask('write'), ask('open'), ask(999)]).toEqual(['allow', 'allow', '1', '38'])
})

test('a list of what is refused, each in its way', () => {
  const ask = asking({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [
      rule(['mkdir', 'mkdirat'], 'SCMP_ACT_ERRNO', {errnoRet: 13}),
      {name: 'rmdir', action: 'SCMP_ACT_KILL_PROCESS'},
      rule(['chown'], 'SCMP_ACT_LOG'),
      rule(['fork'], 'SCMP_ACT_KILL'),
      rule(['vfork'], 'SCMP_ACT_TRAP'),
    ],
  })
  expect(['mkdir', 'rmdir', 'chown', 'fork', 'vfork', 'read', 999].map(each => ask(each))).toEqual([
    '13',
    'kill process',
    'log',
    'kill',
    'trap',
    'allow',
    'allow',
  ])
})

test('the default’s own error', () => {
  expect(asking({defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38})('read')).toBe('38')
})

const big = 0x1_0000_0005n
describe('comparisons see all 64 bits', () => {
  test.each([
    ['SCMP_CMP_EQ', [big], [5n, 0x2_0000_0005n, big + 1n]],
    ['SCMP_CMP_NE', [5n, 0x2_0000_0005n, big + 1n], [big]],
    ['SCMP_CMP_GE', [big, big + 1n, 0x2_0000_0000n], [big - 1n, 0xffffffffn]],
    ['SCMP_CMP_GT', [big + 1n, 0x2_0000_0000n], [big, big - 1n, 0xffffffffn]],
    ['SCMP_CMP_LT', [big - 1n, 0xffffffffn], [big, big + 1n, 0x2_0000_0000n]],
    ['SCMP_CMP_LE', [big, big - 1n, 0xffffffffn], [big + 1n, 0x2_0000_0000n]],
  ])('%s', (op, held, failed) => {
    const args = [{index: 1, value: Number(big), op}]
    const ask = asking({defaultAction: 'SCMP_ACT_ERRNO', syscalls: [rule(['read'], 'SCMP_ACT_ALLOW', {args})]})
    expect(held.map(each => ask('read', 0, each))).toEqual(held.map(() => 'allow'))
    expect(failed.map(each => ask('read', 0, each))).toEqual(failed.map(() => '1'))
  })

  test('masked, with a mask that JSON would round', () => {
    const ask = asking(
      '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":18446744073709551612,"valueTwo": 8,"op":"SCMP_CMP_MASKED_EQ"}]}]}',
    )
    expect([8n, 11n].map(each => ask('read', each))).toEqual(['allow', 'allow'])
    expect([12n, (1n << 32n) | 8n].map(each => ask('read', each))).toEqual(['1', '1'])
  })
})

test('arguments of a rule hold together; one that is named twice makes alternatives; rules are tried in order', () => {
  const equal = (index: number, value: number) => ({index, value, op: 'SCMP_CMP_EQ'})
  const ask = asking({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      rule(['read'], 'SCMP_ACT_ALLOW', {args: [equal(0, 1), equal(1, 2)]}),
      rule(['read'], 'SCMP_ACT_LOG', {args: [equal(0, 1)]}),
      rule(['write'], 'SCMP_ACT_ALLOW', {args: [equal(0, 1), equal(0, 2)]}),
      rule(['open'], 'SCMP_ACT_LOG', {args: [equal(0, 1)]}),
      rule(['open'], 'SCMP_ACT_ALLOW'),
    ],
  })
  expect([ask('read', 1, 2), ask('read', 1, 3), ask('read', 2, 2)]).toEqual(['allow', 'log', '1'])
  expect([ask('write', 1), ask('write', 2), ask('write', 3)]).toEqual(['allow', 'allow', '1'])
  expect(ask('open', 1)).toBe('allow')
})

test('rules for some circumstances only', () => {
  const profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      rule(['mount'], 'SCMP_ACT_ALLOW', {includes: {caps: ['CAP_SYS_ADMIN']}}),
      rule(['read'], 'SCMP_ACT_ALLOW', {includes: {minKernel: '6.1'}}),
      rule(['write'], 'SCMP_ACT_ALLOW', {includes: {minKernel: '6.2'}}),
      rule(['open'], 'SCMP_ACT_ALLOW', {includes: {arches: ['s390']}}),
      rule(['close'], 'SCMP_ACT_ALLOW', {includes: {arches: ['amd64', 'x32']}}),
      rule(['clone3'], 'SCMP_ACT_ERRNO', {errnoRet: 38, excludes: {caps: ['CAP_SYS_ADMIN']}}),
    ],
  }
  const names = ['mount', 'read', 'write', 'open', 'close', 'clone3']
  expect(names.map(each => asking(profile)(each))).toEqual(['1', 'allow', '1', '1', 'allow', '38'])
  const admin = asking(profile, {capabilities: 1n << 21n})
  expect([admin('mount'), admin('clone3')]).toEqual(['allow', '1'])
})

test.each([
  ['nonsense', 'is not JSON'],
  ['[]', 'the profile is not an object'],
  ['{}', 'defaultAction is not a word'],
  [
    {defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule(['read'], 'SCMP_ACT_LOG', {includes: {caps: ['CAP_ODD']}})]},
    'unknown capability "CAP_ODD"',
  ],
  [{defaultAction: 'SCMP_ACT_NOTIFY'}, 'defaultAction "SCMP_ACT_NOTIFY" is not supported'],
  [{defaultAction: 'SCMP_ACT_ALLOW', syscalls: {}}, 'syscalls is not a list'],
  [{defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{action: 'SCMP_ACT_ALLOW'}]}, 'syscalls[0].names is not a word'],
  [{defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule(['read'], 'constructor')]}, 'syscalls[0].action'],
  [
    {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [rule(['read'], 'SCMP_ACT_LOG', {args: [{index: 6, value: 0, op: 'SCMP_CMP_EQ'}]})],
    },
    'syscalls[0].args[0].index is more than 5',
  ],
  [
    {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [rule(['read'], 'SCMP_ACT_LOG', {args: [{index: 0, value: 0, op: 'toString'}]})],
    },
    'syscalls[0].args[0].op "toString" is not known',
  ],
])('%j is refused', (profile, message) => {
  expect(() => asking(profile)).toThrow(message)
})
