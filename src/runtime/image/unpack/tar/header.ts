import {StackError} from '../../../../base/error.ts'

export const blockSize = 512

/** The fields of one header block, long names and extended headers not yet applied. */
export type Header = {
  readonly path: string
  readonly type: string
  readonly target: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly seconds: number
  readonly major: number
  readonly minor: number
  readonly isGnu: boolean
  readonly block: Buffer
}

export const isZero = (block: Uint8Array): boolean => block.every(each => each === 0)

/** The field offsets of ustar (POSIX.1-1988), which GNU's and v7's share as far as they go. */
export function readHeader(block: Buffer): Header {
  if (!hasRightSum(block)) throw damaged('a header has the wrong checksum')
  const magic = block.toString('latin1', 257, 263)
  const isGnu = magic === 'ustar '
  const prefix = magic === 'ustar\0' ? text(block, 345, 155) : ''
  const name = text(block, 0, 100)
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    type: block.toString('latin1', 156, 157),
    target: text(block, 157, 100),
    mode: number(block, 100, 8),
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: size(block, 124, 12),
    seconds: number(block, 136, 12),
    major: magic.startsWith('ustar') ? number(block, 329, 8) : 0,
    minor: magic.startsWith('ustar') ? number(block, 337, 8) : 0,
    isGnu,
    block,
  }
}

/** A size or offset, which is never negative. */
export function size(block: Buffer, offset: number, length: number): number {
  const value = number(block, offset, length)
  if (value < 0 || !Number.isSafeInteger(value)) throw damaged('a header has an impossible size')
  return value
}

/** Octal digits, or with the highest bit set a big-endian number in two's complement, as GNU has it. */
function number(block: Buffer, offset: number, length: number): number {
  const first = block[offset]!
  if ((first & 0x80) !== 0) {
    const bytes = Buffer.from(block.subarray(offset, offset + length))
    bytes[0] = first & 0x40 ? first : first & 0x7f
    const value = Number(BigInt.asIntN(length * 8, BigInt(`0x${bytes.toString('hex')}`)))
    if (!Number.isSafeInteger(value)) throw damaged('a header has a number that is too large')
    return value
  }
  const digits = text(block, offset, length).trim()
  if (digits === '') return 0
  if (!/^[0-7]+$/.test(digits)) throw damaged('a header has a number that is none')
  return Number.parseInt(digits, 8)
}

/** Up to the first NUL. */
function text(block: Buffer, offset: number, length: number): string {
  const end = block.subarray(offset, offset + length).indexOf(0)
  return block.toString('latin1', offset, offset + (end < 0 ? length : end))
}

/** Its own field counts as spaces; old writers summed signed bytes. */
function hasRightSum(block: Buffer): boolean {
  const wanted = number(block, 148, 8)
  let [unsigned, signed] = [0, 0]
  for (let at = 0; at < blockSize; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : block[at]!
    unsigned += byte
    signed += byte < 0x80 ? byte : byte - 0x100
  }
  return wanted === unsigned || wanted === signed
}

export const damaged = (what: string) => new StackError('image-failed', `the archive is damaged: ${what}`)
