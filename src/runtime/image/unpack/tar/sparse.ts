import type {ByteReader} from '../bytes.ts'
import type {Sparse, SparsePiece} from './entry.ts'
import {blockSize, damaged, type Header, size} from './header.ts'
import {type PaxRecords, paxNumber} from './pax.ts'

const mostPieces = 1 << 20

/** GNU's old format: four pieces in the header, more in blocks that follow it. */
export async function oldSparse({block}: Header, reader: ByteReader): Promise<Sparse> {
  const pieces = piecesIn(block, 386, 4)
  for (let isMore = block[482] === 1; isMore; ) {
    const next = await reader.take(blockSize)
    if (next.length < blockSize || pieces.length > mostPieces) throw damaged('a list of holes does not end')
    pieces.push(...piecesIn(next, 0, 21))
    isMore = next[504] === 1
  }
  return {size: size(block, 483, 12), pieces}
}

function piecesIn(block: Buffer, from: number, most: number): SparsePiece[] {
  const all = Array.from({length: most}, (_, index) => from + index * 24).filter(at => block[at] !== 0)
  return all.map(at => ({offset: size(block, at, 12), length: size(block, at + 12, 12)}))
}

/** GNU's formats 0.0 and 0.1: the pieces stand in the extended header. Undefined where there are none. */
export function paxSparse(records: PaxRecords): Sparse | undefined {
  const find = (key: string) => records.findLast(([each]) => each === key)?.[1]
  const realSize = find('GNU.sparse.size') ?? find('GNU.sparse.realsize')
  const map = find('GNU.sparse.map')
  const listed = records.filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
  const numbers = (map === undefined ? listed.map(([, value]) => value) : map.split(',')).filter(each => each !== '')
  if (realSize === undefined || (map === undefined && listed.length === 0)) return undefined
  return {size: paxNumber(realSize), pieces: paired(numbers.map(paxNumber))}
}

/** Format 1.0: a list of decimal lines in front of the data, filled up to a block; `taken` are its bytes. */
export async function dataSparse(
  realSize: number,
  reader: ByteReader,
  most: number,
): Promise<{sparse: Sparse; taken: number}> {
  let text = ''
  let taken = 0
  const line = async (): Promise<number> => {
    for (let end = text.indexOf('\n'); ; end = text.indexOf('\n')) {
      if (end >= 0) {
        const found = text.slice(0, end)
        text = text.slice(end + 1)
        return paxNumber(found)
      }
      const block = taken + blockSize > most ? Buffer.alloc(0) : await reader.take(blockSize)
      if (block.length < blockSize) throw damaged('a list of holes does not end')
      taken += blockSize
      text += block.toString('latin1')
    }
  }
  const count = await line()
  if (count > mostPieces) throw damaged('a list of holes is too long')
  const numbers: number[] = []
  while (numbers.length < 2 * count) numbers.push(await line())
  return {sparse: {size: realSize, pieces: paired(numbers)}, taken}
}

function paired(numbers: readonly number[]): SparsePiece[] {
  if (numbers.length % 2 !== 0) throw damaged('a list of holes cannot be read')
  return Array.from({length: numbers.length / 2}, (_, index) => ({
    offset: numbers[2 * index]!,
    length: numbers[2 * index + 1]!,
  }))
}

/** Pieces in order, none over another, all within the file, and as many bytes as the archive has. */
export function checkSparse({size: realSize, pieces}: Sparse, stored: number): void {
  let end = 0
  let sum = 0
  for (const {offset, length} of pieces) {
    if (offset < end || offset + length > realSize) throw damaged('a list of holes makes no sense')
    end = offset + length
    sum += length
  }
  if (sum !== stored) throw damaged('a list of holes makes no sense')
}
