import type {DeviceRule} from '../../../base/device-rule.ts'

/** One instruction of the kernel's BPF machine, eight bytes. */
export type Instruction = {
  readonly code: number
  readonly to: number
  readonly from: number
  readonly offset: number
  readonly value: number
}

const code = {load: 0x61, copy: 0xbf, set: 0xb7, and: 0x57, shiftRight: 0x77, unlessEqual: 0x55, end: 0x95}
/** Registers: the answer, the context (then a scratch), and what is asked. */
const register = {answer: 0, context: 1, scratch: 1, type: 2, access: 3, major: 4, minor: 5}
/** Offsets into struct bpf_cgroup_dev_ctx; the first word is access << 16 | type. */
const at = {accessAndType: 0, major: 4, minor: 8}
const typeNumber = {b: 1, c: 2}
const accessBit: Readonly<Record<string, number>> = {m: 1, r: 2, w: 4}
const everyAccess = 7

const make = (more: Partial<Instruction> & {readonly code: number}): Instruction => ({
  ...{to: 0, from: 0, offset: 0, value: 0},
  ...more,
})
const load = (to: number, offset: number) => make({code: code.load, to, from: register.context, offset})
const answer = (value: number) => [make({code: code.set, to: register.answer, value}), make({code: code.end})]

/** Allows what a rule allows and refuses all else: the program of a version 2 cgroup, where version 1 has files. */
export function deviceProgram(rules: readonly DeviceRule[]): Instruction[] {
  return [
    load(register.type, at.accessAndType),
    load(register.access, at.accessAndType),
    load(register.major, at.major),
    load(register.minor, at.minor),
    make({code: code.and, to: register.type, value: 0xffff}),
    make({code: code.shiftRight, to: register.access, value: 16}),
    ...rules.flatMap(ruleBlock),
    ...answer(0),
  ]
}

/** Each test that fails leads behind the block, to the next rule. */
function ruleBlock({type, major, minor, access}: DeviceRule): Instruction[] {
  const allowed = [...access].reduce((mask, each) => mask | (accessBit[each] ?? 0), 0)
  const tests = [
    ...(type === 'a' ? [] : [unlessEqual(register.type, typeNumber[type])]),
    ...(allowed === everyAccess ? [] : beyond(allowed)),
    ...(major === undefined ? [] : [unlessEqual(register.major, major)]),
    ...(minor === undefined ? [] : [unlessEqual(register.minor, minor)]),
  ]
  const block = [...tests, ...answer(1)]
  return block.map((each, index) =>
    each.code === code.unlessEqual ? {...each, offset: block.length - index - 1} : each,
  )
}

const unlessEqual = (to: number, value: number): Instruction => make({code: code.unlessEqual, to, value})

/** Leaves where more is asked than is allowed. */
const beyond = (allowed: number): Instruction[] => [
  make({code: code.copy, to: register.scratch, from: register.access}),
  make({code: code.and, to: register.scratch, value: everyAccess & ~allowed}),
  unlessEqual(register.scratch, 0),
]

/** struct bpf_insn[], little-endian: both architectures are. */
export function encodeProgram(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8)
  instructions.forEach((each, index) => {
    bytes.writeUInt8(each.code, index * 8)
    bytes.writeUInt8(each.to | (each.from << 4), index * 8 + 1)
    bytes.writeInt16LE(each.offset, index * 8 + 2)
    bytes.writeInt32LE(each.value, index * 8 + 4)
  })
  return bytes
}
