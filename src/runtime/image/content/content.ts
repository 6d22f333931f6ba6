import {createHash, randomBytes} from 'node:crypto'
import {createReadStream, existsSync} from 'node:fs'
import {type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, truncate} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {errnoOf, StackError} from '../../../base/error.ts'
import {sha256} from '../../../base/hash.ts'
import {takeLock} from '../../../base/lock.ts'
import type {ContentStore, Descriptor} from '../../../model/oci.ts'

/** A download is worth waiting for this long when another process is at it. */
const patience = 60 * 60_000
/** Manifests and configurations are read whole; no honest one is larger. */
const mostWhole = 16 << 20
/** What a killed download left is kept this long, in milliseconds. */
const partialsLife = 7 * 24 * 60 * 60_000

const writeSize = 1 << 19

type Source = (offset: number) => Promise<AsyncIterable<Uint8Array>>
type Wanted = Pick<Descriptor, 'digest' | 'size'>

/** The store with what only its owner does: adding bytes of unknown digest, and cleaning up. */
export type OwnedContent = ContentStore & {
  /** Makes a blob of whatever bytes come, and says which it is. */
  put(bytes: AsyncIterable<Uint8Array>): Promise<Wanted>
  list(): Promise<string[]>
  remove(digest: string): Promise<void>
  /** No blob any more, but a transfer that has come to its end: whoever wants it within a week need not fetch it. */
  setAside(digest: string): Promise<void>
  /** Removes what killed processes left in `incoming` and nobody came back for. */
  sweep(): Promise<void>
}

/**
 * Blobs below `images/blobs`, laid out as an OCI image layout has them. One is written in `images/blobs/incoming`,
 * flushed, and renamed when its digest is right. Whoever writes one holds its lock, which the kernel frees with him.
 */
export function contentStore(images: string): OwnedContent {
  const incoming = join(images, 'blobs', 'incoming')
  const path = (digest: string) => join(images, 'blobs', 'sha256', hexOf(digest))
  const partial = (digest: string) => join(incoming, hexOf(digest))
  const lockName = (hex: string) => `stack-blob-${sha256(`${images} ${hex}`).slice(0, 32)}`

  async function ingest(wanted: Wanted, from: Source, progress: (bytes: number) => void = () => undefined) {
    const isThere = async () => existsSync(path(wanted.digest))
    if (await isThere()) return progress(wanted.size)
    const lock = await takeLock(lockName(hexOf(wanted.digest)), patience, isThere)
    try {
      if (await isThere()) return progress(wanted.size)
      if (lock === undefined)
        throw new StackError('timeout', `${short(wanted.digest)} is being downloaded by another process`)
      await prepare()
      await receive(wanted, from, progress)
    } finally {
      lock?.release()
    }
  }

  /** With the lock held. A resumed one that turns out wrong may have been wrong before: once more, from the beginning. */
  async function receive(wanted: Wanted, from: Source, progress: (bytes: number) => void): Promise<void> {
    const file = partial(wanted.digest)
    const kept = (await stat(file).catch(() => undefined))?.size ?? 0
    if (kept > wanted.size) await truncate(file)
    const offset = kept > wanted.size ? 0 : kept
    const {size, digest} = await fill(file, {offset, limit: wanted.size, from, progress})
    if (size === wanted.size && digest === wanted.digest) return await settle(file, wanted.digest)
    if (size < wanted.size) {
      throw new StackError('image-failed', `${short(wanted.digest)}: ${size} bytes came, it has ${wanted.size}`)
    }
    await rm(file, {force: true})
    if (offset > 0) return await receive(wanted, from, progress)
    throw new StackError(
      'image-failed',
      size > wanted.size
        ? `${short(wanted.digest)}: more bytes came than the ${wanted.size} that it has`
        : `${wanted.digest}: what came has the digest ${digest}`,
    )
  }

  async function put(bytes: AsyncIterable<Uint8Array>): Promise<Wanted> {
    await prepare()
    const name = `put.${randomBytes(8).toString('hex')}`
    const lock = await takeLock(lockName(name), 0)
    const file = join(incoming, name)
    try {
      const made = await fill(file, {offset: 0, limit: Number.POSITIVE_INFINITY, from: async () => bytes})
      await settle(file, made.digest)
      return made
    } finally {
      await rm(file, {force: true})
      lock?.release()
    }
  }

  async function settle(file: string, digest: string): Promise<void> {
    await rename(file, path(digest))
    await flushDirectory(dirname(path(digest)))
  }

  async function prepare(): Promise<void> {
    await mkdir(incoming, {recursive: true, mode: 0o700})
    await mkdir(join(images, 'blobs', 'sha256'), {recursive: true, mode: 0o700})
  }

  async function sweep(): Promise<void> {
    for (const name of await namesIn(incoming)) {
      const lock = await takeLock(lockName(name), 0)
      if (lock === undefined) continue
      const {mtimeMs = 0} = (await stat(join(incoming, name)).catch(() => undefined)) ?? {}
      if (name.startsWith('put.') || Date.now() - mtimeMs > partialsLife) await rm(join(incoming, name), {force: true})
      lock.release()
    }
  }

  return {
    has: async digest => existsSync(path(digest)),
    path,
    ingest,
    put,
    sweep,
    async read(digest) {
      const {size} = await stat(path(digest)).catch(() => ({size: -1}))
      if (size < 0) throw new StackError('image-failed', `blob ${short(digest)} is not there`)
      if (size > mostWhole)
        throw new StackError('image-failed', `blob ${short(digest)} has ${size} bytes, at most ${mostWhole} are read`)
      const bytes = await readFile(path(digest))
      if (`sha256:${sha256(bytes)}` === digest) return bytes
      throw new StackError('image-failed', `blob ${short(digest)} is damaged on disk`, {
        hint: `remove ${path(digest)} and pull again`,
      })
    },
    list: async () => (await namesIn(join(images, 'blobs', 'sha256'))).map(hex => `sha256:${hex}`),
    remove: digest => rm(path(digest), {force: true}),
    async setAside(digest) {
      const lock = await takeLock(lockName(hexOf(digest)), 0)
      if (lock === undefined) return
      await prepare()
      await rename(path(digest), partial(digest)).finally(() => lock.release())
    },
  }
}

type Filling = {
  readonly offset: number
  /** More bytes than these are not taken. */
  readonly limit: number
  readonly from: Source
  readonly progress?: (bytes: number) => void
}

/** Appends to the file and flushes it; size and digest are of the whole. One byte beyond the limit ends it. */
async function fill(path: string, {offset, limit, from, progress}: Filling): Promise<Wanted> {
  const hash = createHash('sha256')
  if (offset > 0) for await (const chunk of createReadStream(path)) hash.update(chunk)
  const file = await open(path, 'a', 0o600)
  const writer = writerTo(file)
  let size = offset
  try {
    progress?.(size)
    if (size < limit) {
      for await (const chunk of await from(offset)) {
        size += chunk.byteLength
        if (size > limit) break
        hash.update(chunk)
        await writer.add(chunk)
        progress?.(size)
      }
    }
  } finally {
    // Also what came before a failure: it need not come again.
    await writer.flush().finally(() => file.close())
  }
  return {size, digest: `sha256:${hash.digest('hex')}`}
}

/** Gathers the pieces of a connection: each write is a way to the thread pool and back. */
function writerTo(file: FileHandle) {
  let gathered: Uint8Array[] = []
  let bytes = 0

  async function write(): Promise<void> {
    const pieces = gathered
    gathered = []
    bytes = 0
    if (pieces.length > 0) await writeAll(file, pieces)
  }

  return {
    async add(piece: Uint8Array): Promise<void> {
      gathered.push(piece)
      bytes += piece.byteLength
      if (bytes >= writeSize) await write()
    },
    async flush(): Promise<void> {
      await write()
      await file.sync()
    },
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let {bytesWritten: left} = await file.writev(pieces)
  for (const piece of pieces) {
    const missing = piece.subarray(Math.min(left, piece.byteLength))
    left -= piece.byteLength - missing.byteLength
    if (missing.byteLength > 0) await file.appendFile(missing)
  }
}

async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  await directory.sync().finally(() => directory.close())
}

/** Also a guard of paths: a digest comes from whoever made the image. */
export function hexOf(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
  if (hex !== undefined) return hex
  throw new StackError('image-failed', `"${digest}" is not a sha256 digest`)
}

const short = (digest: string): string => digest.slice(0, 'sha256:'.length + 12)

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(error => {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  })
}
