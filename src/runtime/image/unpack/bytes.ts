/** Bytes of a stream, taken in pieces of one's own size. */
export type ByteReader = {
  /** Exactly so many; fewer only where the stream ends. */
  take(size: number): Promise<Buffer>
  /** What is at hand, at most `most`; empty at the end. */
  some(most: number): Promise<Buffer>
}

export function byteReader(stream: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = stream[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)

  async function some(most: number): Promise<Buffer> {
    while (held.length === 0) {
      const {done, value} = await iterator.next()
      if (done) return held
      held = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
    const piece = held.subarray(0, most)
    held = held.subarray(piece.length)
    return piece
  }

  async function take(size: number): Promise<Buffer> {
    if (held.length >= size) {
      const piece = held.subarray(0, size)
      held = held.subarray(size)
      return piece
    }
    const pieces: Buffer[] = []
    for (let left = size; left > 0; ) {
      const piece = await some(left)
      if (piece.length === 0) break
      pieces.push(piece)
      left -= piece.length
    }
    return Buffer.concat(pieces)
  }

  return {take, some}
}
