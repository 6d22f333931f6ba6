import type {LogChunk} from '../engine.ts'

const headerLength = 8

/** Takes Docker's frames apart: `[1|2 0 0 0][length u32 BE][bytes]`. Pieces may be cut anywhere. */
export async function* demultiplex(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<LogChunk> {
  let header = Buffer.alloc(0)
  let left = 0
  let stream: LogChunk['stream'] = 'stdout'
  for await (const piece of pieces) {
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    while (rest.length > 0) {
      if (left > 0) {
        const data = rest.subarray(0, left)
        left -= data.length
        rest = rest.subarray(data.length)
        yield {stream, data}
        continue
      }
      const missing = headerLength - header.length
      header = Buffer.concat([header, rest.subarray(0, missing)])
      rest = rest.subarray(missing)
      if (header.length < headerLength) break
      stream = header[0] === 2 ? 'stderr' : 'stdout'
      left = header.readUInt32BE(4)
      header = Buffer.alloc(0)
    }
  }
}

/** Raw output of a terminal as chunks of standard output. */
export async function* unframed(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<LogChunk> {
  for await (const data of pieces) yield {stream: 'stdout', data}
}

/** The lines of a stream of text; an unfinished last one counts. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, {stream: true})).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter(line => line.trim() !== '')
  }
  if (rest.trim() !== '') yield rest
}

/** What comes until `signal`; that the connection then breaks is no error. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  try {
    yield* source
  } catch (error) {
    if (signal?.aborted !== true) throw error
  }
}
