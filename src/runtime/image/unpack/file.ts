import type {Change} from './changes.ts'
import type {Sparse, TarEntry} from './tar/entry.ts'

const chunkSize = 1 << 20

/** The changes that make a file with its bytes: one for a small file, several for a large one or one with holes. */
export async function* filePieces(entry: TarEntry, data: AsyncIterable<Buffer>): AsyncGenerator<Change> {
  if (entry.sparse === undefined) {
    yield* wholeFile(data)
    return
  }
  yield {change: 'file', data: Buffer.alloc(0)}
  yield* scattered(entry.sparse, data)
  yield {change: 'truncate', size: entry.sparse.size}
}

async function* wholeFile(data: AsyncIterable<Buffer>): AsyncGenerator<Change> {
  let offset = 0
  for await (const chunk of inChunks(data)) {
    yield offset === 0 ? {change: 'file', data: chunk} : {change: 'write', offset, data: chunk}
    offset += chunk.length
  }
  if (offset === 0) yield {change: 'file', data: Buffer.alloc(0)}
}

async function* inChunks(data: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = []
  let size = 0
  for await (const piece of data) {
    gathered.push(piece)
    size += piece.length
    if (size < chunkSize) continue
    yield joined(gathered)
    gathered = []
    size = 0
  }
  if (size > 0) yield joined(gathered)
}

/** Most files come in one piece. */
const joined = (pieces: readonly Buffer[]): Buffer => (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces))

/** Each byte to where the list says it belongs. */
async function* scattered({pieces}: Sparse, data: AsyncIterable<Buffer>): AsyncGenerator<Change> {
  let index = 0
  let done = 0
  for await (const chunk of data) {
    for (let rest = chunk; rest.length > 0; ) {
      while (pieces[index] !== undefined && done === pieces[index]!.length) {
        index++
        done = 0
      }
      const {offset, length} = pieces[index]!
      const part = rest.subarray(0, length - done)
      yield {change: 'write', offset: offset + done, data: part}
      done += part.length
      rest = rest.subarray(part.length)
    }
  }
}
