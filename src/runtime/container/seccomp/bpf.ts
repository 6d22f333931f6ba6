/** Classic BPF, as seccomp(2) takes it: eight bytes an instruction. */
export type Instruction = {readonly code: number; readonly jt: number; readonly jf: number; readonly k: number}

/** Offsets into struct seccomp_data. */
export const at = {number: 0, architecture: 4, argument: (index: number): number => 16 + 8 * index}

const code = {load: 0x20, and: 0x54, jump: 0x05, equal: 0x15, above: 0x25, atLeast: 0x35, return: 0x06}
const errno = {EPERM: 1, ENOSYS: 38}
const seccompErrno = 0x00050000

export const load = (offset: number): Instruction => ({code: code.load, jt: 0, jf: 0, k: offset})
export const and = (mask: number): Instruction => ({code: code.and, jt: 0, jf: 0, k: mask})
/** Skips that many instructions. */
export const skip = (count: number): Instruction => ({code: code.jump, jt: 0, jf: 0, k: count})
/** Skips `yes` instructions where the accumulator is the value, else `no`. */
export const ifEqual = (value: number, yes: number, no: number): Instruction => ({
  code: code.equal,
  jt: yes,
  jf: no,
  k: value,
})
export const ifAtLeast = (value: number, yes: number, no: number): Instruction => ({
  code: code.atLeast,
  jt: yes,
  jf: no,
  k: value,
})
export const ifAbove = (value: number, yes: number, no: number): Instruction => ({
  code: code.above,
  jt: yes,
  jf: no,
  k: value,
})

const actions = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
}
/** The answer of libseccomp's name for it, but for errors; undefined where there is none. */
export const answerNamed = (name: string): number | undefined =>
  Object.entries(actions).find(([each]) => each === name)?.[1]
export const answerErrno = (number: number): Instruction => answer(seccompErrno | (number & 0xffff))
/** Whether a system call is done after it. */
export const isLetThrough = ({k}: Instruction): boolean => k === actions.SCMP_ACT_ALLOW || k === actions.SCMP_ACT_LOG

export const answer = (value: number): Instruction => ({code: code.return, jt: 0, jf: 0, k: value})
export const answerAllow = answer(0x7fff0000)
export const answerRefuse = answer(seccompErrno | errno.EPERM)
export const answerMissing = answer(seccompErrno | errno.ENOSYS)

/** struct sock_filter[], little-endian: both architectures are. */
export function encodeInstructions(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8)
  instructions.forEach(({code, jt, jf, k}, index) => {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(jt, index * 8 + 2)
    bytes.writeUInt8(jf, index * 8 + 3)
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4)
  })
  return bytes
}
