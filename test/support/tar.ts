import {createHash} from 'node:crypto'

/** An entry as a test wants it, lawful or not; names are written as they are. */
export type TarPart = {
  readonly name: string
  readonly type?: string
  readonly data?: string | Uint8Array
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly mtime?: number
  readonly link?: string
  readonly major?: number
  readonly minor?: number
  /** An extended header in front; values as bytes. */
  readonly pax?: Readonly<Record<string, string | Uint8Array>>
  /** The size that the header claims in place of the data's. */
  readonly claims?: number
}

export const tarOf = (...parts: readonly TarPart[]): Buffer =>
  Buffer.concat([...parts.flatMap(blocksOf), Buffer.alloc(1024)])

export const digestOf = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

function blocksOf(part: TarPart): Buffer[] {
  const data = Buffer.from(part.data ?? '')
  return [
    ...(part.pax === undefined ? [] : blocksOf({name: 'pax', type: 'x', data: paxOf(part.pax)})),
    headerOf(part, part.claims ?? data.length),
    data,
    Buffer.alloc((512 - (data.length % 512)) % 512),
  ]
}

function headerOf(part: TarPart, size: number): Buffer {
  const block = Buffer.alloc(512)
  const octal = (value: number, at: number, length: number) =>
    block.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1')
  block.write(part.name, 0, 100)
  octal(part.mode ?? (part.type === '5' ? 0o755 : 0o644), 100, 8)
  octal(part.uid ?? 0, 108, 8)
  octal(part.gid ?? 0, 116, 8)
  octal(size, 124, 12)
  octal(part.mtime ?? 1_000_000_000, 136, 12)
  block.write(part.type ?? '0', 156, 'latin1')
  block.write(part.link ?? '', 157, 100)
  block.write('ustar\x0000', 257, 'latin1')
  octal(part.major ?? 0, 329, 8)
  octal(part.minor ?? 0, 337, 8)
  block.fill(' ', 148, 156)
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return block
}

export function paxOf(records: Readonly<Record<string, string | Uint8Array>>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
      let length = rest.length + 1
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length
      return Buffer.concat([Buffer.from(String(length)), rest])
    }),
  )
}
