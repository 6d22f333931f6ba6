import {type ByteReader, byteReader} from '../bytes.ts'
import type {UnpackLimits} from '../limits.ts'
import type {Sparse, TarEntry, TarKind, TarTime} from './entry.ts'
import {blockSize, damaged, type Header, isZero, readHeader} from './header.ts'
import {type PaxRecords, paxNumber, paxTime, readPax} from './pax.ts'
import {checkSparse, dataSparse, oldSparse, paxSparse} from './sparse.ts'

/** An entry, and its bytes in pieces; what is not read of them is skipped. */
export type TarItem = {readonly entry: TarEntry; readonly data: AsyncIterable<Buffer>}

const kinds: Readonly<Record<string, TarKind>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
}
const step = 1 << 18

/**
 * The entries of an archive: v7, ustar, GNU (long names, sparse files, large numbers) and PAX. Also an archive that
 * ends without the two empty blocks, or the filling of its last file, is whole. The stream is read to its end.
 */
export async function* tarEntries(
  stream: AsyncIterable<Uint8Array>,
  limits: Pick<UnpackLimits, 'headerBytes' | 'entries'>,
): AsyncGenerator<TarItem> {
  const reader = byteReader(stream)
  let before: Before = {}
  for (let count = 0; ; ) {
    const block = await reader.take(blockSize)
    if (block.length === 0 || isZero(block)) break
    if (block.length < blockSize) throw damaged('it ends within a header')
    const header = readHeader(block)
    const more = await prelude(header, reader, limits.headerBytes)
    if (more !== undefined) {
      before = {...before, ...more}
      continue
    }
    if (++count > limits.entries) throw damaged(`more than ${limits.entries} entries`)
    const {entry, stored} = await entryOf(header, before, reader)
    before = {}
    const body = bodyOf(reader, stored, entry.size)
    yield {entry, data: body.pieces()}
    await body.finish()
  }
  while ((await reader.some(step)).length > 0);
}

/** What stands in front of an entry and is about it. */
type Before = {readonly path?: string; readonly target?: string; readonly pax?: PaxRecords}

async function prelude(header: Header, reader: ByteReader, most: number): Promise<Before | undefined> {
  const {type, size} = header
  if (!['x', 'g', 'X', 'L', 'K', 'V', 'D', 'N'].includes(type)) return undefined
  if (size > most) throw damaged(`a header of ${size} bytes, at most ${most} are read`)
  const data = await reader.take(padded(size))
  if (data.length < padded(size)) throw damaged('it ends within a header')
  const content = data.subarray(0, size)
  if (type === 'L') return {path: untilNul(content)}
  if (type === 'K') return {target: untilNul(content)}
  // A global header says something of the archive (a commit, say), a label its name: nothing of files.
  return type === 'x' || type === 'X' ? {pax: readPax(content)} : {}
}

async function entryOf(header: Header, before: Before, reader: ByteReader): Promise<{entry: TarEntry; stored: number}> {
  const pax = before.pax ?? []
  const find = (key: string) => pax.findLast(([each]) => each === key)?.[1]
  const number = (key: string) => (find(key) === undefined ? undefined : paxNumber(find(key)!))
  const path = find('GNU.sparse.name') ?? find('path') ?? before.path ?? header.path
  const kind = kinds[header.type]
  if (kind === undefined) throw damaged(`entry of an unknown type "${header.type}"`)
  // Only files have bytes; what the field says of others (a link, the size of what it links to) means nothing.
  const stored = kind === 'file' ? (number('size') ?? header.size) : 0
  const isOldDirectory = (header.type === '0' || header.type === '\0') && path.endsWith('/')
  const {sparse, taken} =
    kind === 'file' ? await sparseOf(header, pax, {reader, stored}) : {sparse: undefined, taken: 0}
  if (sparse !== undefined) checkSparse(sparse, stored - taken)
  const modified: TarTime =
    find('mtime') === undefined ? {seconds: header.seconds, nanoseconds: 0} : paxTime(find('mtime')!)
  const entry: TarEntry = {
    path,
    kind: isOldDirectory ? 'directory' : kind,
    target: find('linkpath') ?? before.target ?? header.target,
    mode: header.mode,
    uid: number('uid') ?? header.uid,
    gid: number('gid') ?? header.gid,
    size: stored - taken,
    modified,
    major: header.major,
    minor: header.minor,
    xattrs: pax.flatMap(([key, value]) =>
      key.startsWith(xattrPrefix) ? [{name: key.slice(xattrPrefix.length), value: Buffer.from(value, 'latin1')}] : [],
    ),
    ...(sparse === undefined ? {} : {sparse}),
  }
  return {entry, stored: stored - taken}
}

const xattrPrefix = 'SCHILY.xattr.'

async function sparseOf(
  header: Header,
  pax: PaxRecords,
  {reader, stored}: {reader: ByteReader; stored: number},
): Promise<{sparse: Sparse | undefined; taken: number}> {
  if (header.type === 'S') return {sparse: await oldSparse(header, reader), taken: 0}
  const find = (key: string) => pax.findLast(([each]) => each === key)?.[1]
  if (find('GNU.sparse.major') === '1' && find('GNU.sparse.minor') === '0') {
    return await dataSparse(paxNumber(find('GNU.sparse.realsize') ?? ''), reader, stored)
  }
  return {sparse: paxSparse(pax), taken: 0}
}

/** The bytes of one entry, and the filling after them; the list of a sparse file was a number of whole blocks. */
function bodyOf(reader: ByteReader, stored: number, size: number) {
  let left = padded(stored)
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let wanted = size; wanted > 0; ) {
      const piece = await reader.some(Math.min(wanted, step))
      if (piece.length === 0) throw damaged('it ends within a file')
      wanted -= piece.length
      left -= piece.length
      yield piece
    }
  }
  async function finish(): Promise<void> {
    while (left > 0) {
      const piece = await reader.some(Math.min(left, step))
      // Some writers leave out the filling of the last file.
      if (piece.length === 0 && left <= padded(stored) - stored) return
      if (piece.length === 0) throw damaged('it ends within a file')
      left -= piece.length
    }
  }
  return {pieces, finish}
}

const padded = (size: number): number => Math.ceil(size / blockSize) * blockSize

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
}
