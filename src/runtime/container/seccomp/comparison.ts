import {and, at, type Instruction, ifAbove, ifAtLeast, ifEqual, load} from './bpf.ts'

/** A comparison of an argument, all 64 bits of it. For masked ones `value` is the mask and `second` what is left. */
export type Comparison = {
  /** 0 to 5. */
  readonly argument: number
  readonly operator: Operator
  readonly value: bigint
  readonly second: bigint
}
type Operator = keyof typeof tests

export const isOperator = (name: string): name is Operator => Object.hasOwn(tests, name)

/** Answers `then` where all hold; what follows is gone on with where one does not. */
export function comparisons(all: readonly Comparison[], then: Instruction): Instruction[] {
  const fragments = all.map(each => tests[each.operator](each))
  const end = fragments.flat().length + 1
  let begin = 0
  const placed = fragments.flatMap(fragment => {
    const next = begin + fragment.length
    const resolved = fragment.map((make, index) =>
      make(target => (target === 'holds' ? next : end) - (begin + index) - 1),
    )
    begin = next
    return resolved
  })
  return [...placed, then]
}

/** An instruction that may jump to where the comparison holds or fails; `to` says how many it skips. */
type Placed = (to: (target: 'holds' | 'fails') => number) => Instruction
type Fragment = readonly Placed[]

const plain =
  (instruction: Instruction): Placed =>
  () =>
    instruction
const low = (value: bigint): number => Number(value & 0xffffffffn)
const high = (value: bigint): number => Number(value >> 32n)
const loadHigh = (argument: number): Placed => plain(load(at.argument(argument) + 4))
const loadLow = (argument: number): Placed => plain(load(at.argument(argument)))

const equal = ({argument, value}: Comparison): Fragment => [
  loadHigh(argument),
  to => ifEqual(high(value), 0, to('fails')),
  loadLow(argument),
  to => ifEqual(low(value), to('holds'), to('fails')),
]

const notEqual = ({argument, value}: Comparison): Fragment => [
  loadHigh(argument),
  to => ifEqual(high(value), 0, to('holds')),
  loadLow(argument),
  to => ifEqual(low(value), to('fails'), to('holds')),
]

/** By the upper halves where they differ, else by the lower ones; `yes` is where to go for what is larger. */
const ordered =
  (compareLow: typeof ifAtLeast, yes: 'holds' | 'fails') =>
  ({argument, value}: Comparison): Fragment => {
    const no = yes === 'holds' ? 'fails' : 'holds'
    return [
      loadHigh(argument),
      to => ifAbove(high(value), to(yes), 0),
      to => ifEqual(high(value), 0, to(no)),
      loadLow(argument),
      to => compareLow(low(value), to(yes), to(no)),
    ]
  }

const masked = ({argument, value: mask, second}: Comparison): Fragment => [
  loadHigh(argument),
  plain(and(high(mask))),
  to => ifEqual(high(second & mask), 0, to('fails')),
  loadLow(argument),
  plain(and(low(mask))),
  to => ifEqual(low(second & mask), to('holds'), to('fails')),
]

const tests = {
  SCMP_CMP_EQ: equal,
  SCMP_CMP_NE: notEqual,
  SCMP_CMP_GE: ordered(ifAtLeast, 'holds'),
  SCMP_CMP_GT: ordered(ifAbove, 'holds'),
  SCMP_CMP_LT: ordered(ifAtLeast, 'fails'),
  SCMP_CMP_LE: ordered(ifAbove, 'fails'),
  SCMP_CMP_MASKED_EQ: masked,
}
