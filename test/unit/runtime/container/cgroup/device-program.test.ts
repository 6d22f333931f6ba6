import {expect, test} from 'vitest'
import {
  deviceProgram,
  encodeProgram,
  type Instruction,
} from '../../../../../src/runtime/container/cgroup/device-program.ts'
import {deviceRulesOf, ruleLine} from '../../../../../src/runtime/container/cgroup/device-rules.ts'
import {record} from '../record.ts'

const rulesOf = (deviceCgroupRules: string[], devices: Parameters<typeof deviceRulesOf>[1] = []) =>
  deviceRulesOf(record({host: {resources: {deviceCgroupRules}}}).host, devices) ?? []

/** What the kernel's machine answers, of the few instructions that occur. */
function answerOf(program: readonly Instruction[], words: readonly number[]): number {
  const registers = new Array<number>(11).fill(0)
  for (let at = 0; ; at++) {
    const {code, to, from, offset, value} = program[at]!
    if (code === 0x95) return registers[0]!
    if (code === 0x61) registers[to] = words[offset / 4]!
    else if (code === 0xbf) registers[to] = registers[from]!
    else if (code === 0xb7) registers[to] = value
    else if (code === 0x57) registers[to]! &= value
    else if (code === 0x77) registers[to]! >>>= value
    else if (code === 0x55) at += registers[to] === value ? 0 : offset
    else throw new Error(`unknown instruction ${code.toString(16)}`)
  }
}

const bits = {m: 1, r: 2, w: 4}
const types = {b: 1, c: 2}
function allows(rules: string[], asked: string): boolean {
  const [, type = '', major, minor, access = ''] = /^(.) (\d+):(\d+) (\w+)$/.exec(asked) ?? []
  const mask = [...access].reduce((sum, each) => sum | bits[each as 'm'], 0)
  const words = [(mask << 16) | types[type as 'b'], Number(major), Number(minor)]
  return answerOf(deviceProgram(rulesOf(rules)), words) === 1
}

test.each([
  ['a default', [], 'c 1:3 rw', true],
  ['every node may be made', [], 'b 8:0 m', true],
  ['but not opened', [], 'b 8:0 r', false],
  ['what is allowed', ['b 8:0 r'], 'b 8:0 r', true],
  ['and no more', ['b 8:0 r'], 'b 8:0 rw', false],
  ['of that type', ['b 8:0 r'], 'c 8:0 r', false],
  ['of that number', ['b 8:0 r'], 'b 8:1 r', false],
  ['every minor', ['c 10:* rwm'], 'c 10:229 rw', true],
  ['of another major', ['c 10:* rwm'], 'c 11:229 rw', false],
  ['both types', ['a 7:1 rw'], 'b 7:1 w', true],
  ['everything', ['a *:* rwm'], 'b 259:4 rw', true],
  ['two rules about the same are one', ['b 8:0 r', 'b 8:0 w'], 'b 8:0 rw', true],
  ['a large minor', ['b 259:1048575 r'], 'b 259:1048575 r', true],
])('%s', (_name, rules, asked, allowed) => {
  expect(allows(rules, asked)).toBe(allowed)
})

test('a device that is given has a rule of its own', () => {
  const fuse = {path: '/dev/fuse', type: 'c', major: 10, minor: 229, mode: 0o666, access: 'rw'} as const
  expect(rulesOf([], [fuse]).map(ruleLine)).toContain('c 10:229 rw')
})

test('eight bytes an instruction: code, registers, offset, value', () => {
  const bytes = encodeProgram([{code: 0x55, to: 2, from: 1, offset: -2, value: 0x0102}])
  expect([...bytes]).toEqual([0x55, 0x12, 0xfe, 0xff, 0x02, 0x01, 0, 0])
})
