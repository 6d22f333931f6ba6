import {StackError} from '../../../base/error.ts'
import {
  and,
  answerAllow,
  answerMissing,
  answerRefuse,
  at,
  encodeInstructions,
  type Instruction,
  ifAtLeast,
  ifEqual,
  isLetThrough,
  load,
  skip,
} from './bpf.ts'
import {type Circumstances, type CustomProfile, customLeaf} from './custom.ts'
import {type Architecture, syscallNumbers} from './numbers.ts'
import {type ProfileOptions, type Verdict, verdictOn} from './profile.ts'

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64. */
const auditArchitecture = {x64: 0xc000003e, arm64: 0xc00000b7}
/** Set in the numbers of the x32 ABI, which shares x86_64's architecture. */
const x32Bit = 0x40000000

/** System calls from `first` up to the next range's first. */
type Range = {readonly first: number; readonly leaf: readonly Instruction[]}

/** What becomes of a system call by its name, and of those whose names are not known. */
type Rules = {
  readonly leafOf: (name: string) => readonly Instruction[]
  readonly unknown: Instruction
}

/** What refuses by EPERM; numbers that are newer than our table get ENOSYS, so that programs fall back. */
export function seccompFilter(architecture: Architecture, options: ProfileOptions): Buffer {
  const leafOf = (name: string) => leaf(verdictOn(name, options))
  return filterBy(architecture, {leafOf, unknown: answerMissing})
}

/** By a profile of the user's. Where it refuses what it does not name, calls that are newer than our table get ENOSYS. */
export function customFilter(profile: CustomProfile, circumstances: Circumstances): Buffer {
  const leafOf = (name: string) => customLeaf(profile, name, circumstances)
  const unknown = isLetThrough(profile.defaultAction) ? profile.defaultAction : answerMissing
  return filterBy(circumstances.architecture, {leafOf, unknown})
}

const mostInstructions = 4096

/** A BPF program: another architecture and x32 get ENOSYS; numbers are found by binary search. */
function filterBy(architecture: Architecture, rules: Rules): Buffer {
  const program = [
    load(at.architecture),
    ifEqual(auditArchitecture[architecture], 1, 0),
    answerMissing,
    load(at.number),
    ifAtLeast(x32Bit, 0, 1),
    answerMissing,
    ...search(rangesOf(architecture, rules)),
  ]
  if (program.length <= mostInstructions) return encodeInstructions(program)
  throw new StackError('bad-request', `the seccomp profile has ${program.length} instructions, the kernel takes 4096`)
}

function rangesOf(architecture: Architecture, {leafOf, unknown}: Rules): Range[] {
  const byNumber = [...syscallNumbers(architecture)].sort(([, a], [, b]) => a - b)
  const ranges: Range[] = [{first: 0, leaf: [unknown]}]
  let next = 0
  const add = (first: number, leaf: readonly Instruction[]) => {
    if (!isSame(ranges[ranges.length - 1]!.leaf, leaf)) ranges.push({first, leaf})
  }
  for (const [name, number] of byNumber) {
    if (number > next) add(next, [unknown])
    add(number, leafOf(name))
    next = number + 1
  }
  add(next, [unknown])
  return ranges
}

const isSame = (a: readonly Instruction[], b: readonly Instruction[]): boolean =>
  a.length === b.length && encodeInstructions(a).equals(encodeInstructions(b))

/** Conditional jumps reach 255 instructions, so a far half is reached by an unconditional one. */
function search(ranges: readonly Range[]): readonly Instruction[] {
  if (ranges.length === 1) return ranges[0]!.leaf
  const middle = ranges.length >> 1
  const below = search(ranges.slice(0, middle))
  return [ifAtLeast(ranges[middle]!.first, 0, 1), skip(below.length), ...below, ...search(ranges.slice(middle))]
}

function leaf(verdict: Verdict): Instruction[] {
  if (verdict.kind === 'allow') return [answerAllow]
  if (verdict.kind === 'refuse') return [answerRefuse]
  if (verdict.kind === 'missing') return [answerMissing]
  const {argument, mask, values, isIn} = verdict
  // The upper half is not looked at: the kernel itself takes these arguments as 32-bit ones.
  return [
    load(at.argument(argument)),
    and(mask),
    ...values.map((value, index) => ifEqual(value, values.length - index, 0)),
    isIn ? answerRefuse : answerAllow,
    isIn ? answerAllow : answerRefuse,
  ]
}
