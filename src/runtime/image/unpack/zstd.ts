import {Decompress} from 'fzstd'
import {StackError} from '../../../base/error.ts'
import {type ByteReader, byteReader} from './bytes.ts'

const frameMagic = 0xfd2fb528
/** The last four bits are anybody's. */
const skippableMagic = 0x184d2a5
/** Also zstd's own limit: a frame may ask its reader for this much memory, and no more. */
const mostWindow = 128 << 20
const mostBlock = 128 << 10

/**
 * Zstandard (RFC 8878), block by block: what the decoder holds is bounded by the frame's window, and what it gives at
 * once by a block, however small that was made.
 */
export async function* unzstd(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = byteReader(stream)
  for (;;) {
    const start = await reader.take(4)
    if (start.length === 0) return
    const magic = start.length === 4 ? start.readUInt32LE() : 0
    if (magic >>> 4 === skippableMagic) await skip(reader, (await whole(reader, 4)).readUInt32LE())
    else if (magic === frameMagic) yield* frame(reader, start)
    else throw damaged('what follows is no frame')
  }
}

async function* frame(reader: ByteReader, magic: Buffer): AsyncGenerator<Uint8Array> {
  const {bytes, hasChecksum} = await frameHeader(reader)
  const given: Uint8Array[] = []
  const decoder = new Decompress(piece => given.push(piece))
  const feed = (part: Uint8Array) => {
    try {
      decoder.push(part)
    } catch (cause) {
      throw damaged('a block cannot be read', cause)
    }
  }
  feed(magic)
  feed(bytes)
  for (let isLast = false; !isLast; ) {
    const header = await whole(reader, 3)
    const word = header.readUIntLE(0, 3)
    isLast = (word & 1) === 1
    const type = (word >> 1) & 3
    const size = word >> 3
    if (type === 3 || size > mostBlock) throw damaged('a block is of no known kind')
    // A repeated byte stands for as many as the header says.
    feed(Buffer.concat([header, await whole(reader, type === 1 ? 1 : size)]))
    // The decoder keeps what it gave last: it is copied before the next block comes.
    for (const piece of given.splice(0)) if (piece.length > 0) yield Buffer.from(piece)
  }
  if (hasChecksum) await whole(reader, 4)
}

/** Of the checksum nothing is read: the layer's own digest says more. */
async function frameHeader(reader: ByteReader): Promise<{bytes: Buffer; hasChecksum: boolean}> {
  const first = await whole(reader, 1)
  const descriptor = first[0]!
  const isSingle = (descriptor & 0x20) !== 0
  const dictionarySize = [0, 1, 2, 4][descriptor & 3]!
  const contentSize = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  const rest = await whole(reader, (isSingle ? 0 : 1) + dictionarySize + contentSize)
  if (dictionarySize > 0) throw damaged('it needs a dictionary')
  const window = isSingle ? contentOf(rest, contentSize) : windowOf(rest[0]!)
  if (window > mostWindow) throw damaged(`it asks for a window of ${window} bytes, at most ${mostWindow} are given`)
  return {bytes: Buffer.concat([first, rest]), hasChecksum: (descriptor & 4) !== 0}
}

function windowOf(byte: number): number {
  const base = 2 ** (10 + (byte >> 3))
  return base + (base / 8) * (byte & 7)
}

function contentOf(bytes: Buffer, size: number): number {
  if (size === 8) return Number(bytes.readBigUInt64LE())
  return bytes.readUIntLE(0, size) + (size === 2 ? 256 : 0)
}

async function skip(reader: ByteReader, size: number): Promise<void> {
  for (let left = size; left > 0; ) {
    const piece = await reader.some(left)
    if (piece.length === 0) throw damaged('it ends within a frame')
    left -= piece.length
  }
}

async function whole(reader: ByteReader, size: number): Promise<Buffer> {
  const bytes = await reader.take(size)
  if (bytes.length < size) throw damaged('it ends within a frame')
  return bytes
}

const damaged = (what: string, cause?: unknown) =>
  new StackError('image-failed', `zstd data is damaged: ${what}`, cause === undefined ? {} : {cause})
