import {parseBytes} from '../../../base/bytes.ts'
import {StackError} from '../../../base/error.ts'

/** What a layer may be at most; beyond it is taken for a bomb. */
export type UnpackLimits = {
  /** Bytes of the unpacked archive, and of a file with its holes. */
  readonly bytes: number
  readonly entries: number
  /** Bytes of long names and extended attributes of one entry. */
  readonly headerBytes: number
}

const headerBytes = 1 << 20

/** 64 GiB and 2 million entries, or STACK_IMAGE_MAX_BYTES and STACK_IMAGE_MAX_ENTRIES. */
export function limitsFrom(environment: NodeJS.ProcessEnv): UnpackLimits {
  const bytes = parseBytes(environment.STACK_IMAGE_MAX_BYTES || '64g')
  const entries = Number(environment.STACK_IMAGE_MAX_ENTRIES || 2_000_000)
  if (bytes === undefined || bytes < 0) throw wrong('STACK_IMAGE_MAX_BYTES', 'a size such as 64g')
  if (!Number.isSafeInteger(entries) || entries < 0) throw wrong('STACK_IMAGE_MAX_ENTRIES', 'a number')
  return {bytes, entries, headerBytes}
}

const wrong = (name: string, expected: string) => new StackError('usage', `${name} must be ${expected}`)
