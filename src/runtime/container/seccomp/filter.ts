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
  load,
  skip,
} from './bpf.ts'
import {type Architecture, syscallNumbers} from './numbers.ts'
import {type ProfileOptions, type Verdict, verdictOn} from './profile.ts'

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64. */
const auditArchitecture = {x64: 0xc000003e, arm64: 0xc00000b7}
/** Set in the numbers of the x32 ABI, which shares x86_64's architecture. */
const x32Bit = 0x40000000

/** System calls from `first` up to the next range's first. */
type Range = {readonly first: number; readonly verdict: Verdict}

/**
 * The default filter as a BPF program: another architecture, x32 and numbers that are newer than our table get ENOSYS,
 * so that programs fall back; what the profile refuses gets EPERM. Numbers are found by binary search.
 */
export function seccompFilter(architecture: Architecture, options: ProfileOptions): Buffer {
  return encodeInstructions([
    load(at.architecture),
    ifEqual(auditArchitecture[architecture], 1, 0),
    answerMissing,
    load(at.number),
    ifAtLeast(x32Bit, 0, 1),
    answerMissing,
    ...search(rangesOf(architecture, options)),
  ])
}

function rangesOf(architecture: Architecture, options: ProfileOptions): Range[] {
  const byNumber = [...syscallNumbers(architecture)].sort(([, a], [, b]) => a - b)
  const ranges: Range[] = [{first: 0, verdict: {kind: 'missing'}}]
  let next = 0
  const add = (first: number, verdict: Verdict) => {
    if (!isSame(ranges[ranges.length - 1]!.verdict, verdict)) ranges.push({first, verdict})
  }
  for (const [name, number] of byNumber) {
    if (number > next) add(next, {kind: 'missing'})
    add(number, verdictOn(name, options))
    next = number + 1
  }
  add(next, {kind: 'missing'})
  return ranges
}

const isSame = (a: Verdict, b: Verdict): boolean => a.kind !== 'when' && a.kind === b.kind

/** Conditional jumps reach 255 instructions, so a far half is reached by an unconditional one. */
function search(ranges: readonly Range[]): Instruction[] {
  if (ranges.length === 1) return leaf(ranges[0]!.verdict)
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
