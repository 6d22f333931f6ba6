import {createHash} from 'node:crypto'
import {createWriteStream, existsSync} from 'node:fs'
import {mkdir, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {StackError} from '../../base/error.ts'
import {readJson, writeWhole} from '../../base/file.ts'
import {sha256} from '../../base/hash.ts'
import {discard} from '../../runtime/image/registry/body.ts'
import {follow} from '../../runtime/image/registry/follow.ts'
import {openTransport, type Reply} from '../../runtime/image/registry/transport.ts'

/** What was fetched from an address: asked for again, it is fetched only where it has changed. */
export type Download = {readonly path: string; readonly digest: string; readonly modified: number | undefined}

type Kept = {
  readonly file: string
  readonly digest: string
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
}

export type DownloadOptions = {
  /** Where it is kept. */
  readonly directory: string
  /** `sha256:…`: of what must come. */
  readonly checksum?: string | undefined
  readonly signal: AbortSignal
}

const stall = 60_000

/** Errors: build-failed where it does not come, or is not what the checksum says. */
export async function download(url: URL, {directory, checksum, signal}: DownloadOptions): Promise<Download> {
  await mkdir(directory, {recursive: true, mode: 0o700})
  const record = join(directory, `${sha256(url.href)}.json`)
  const known = await readJson<Kept>(record).catch(() => undefined)
  const kept = known !== undefined && existsSync(join(directory, known.file)) ? known : undefined
  if (kept !== undefined && kept.digest === checksum) return shown(directory, kept)
  const transport = openTransport({
    environment: process.env,
    certificates: [],
    patience: {stall},
    isInsecure: () => false,
    mayBePlain: () => true,
  })
  try {
    const reply = await follow(transport, {method: 'GET', url, signal, headers: conditions(kept)})
    if (kept !== undefined && reply.status === 304) {
      discard(reply)
      return shown(directory, checked(kept, url, checksum))
    }
    if (reply.status !== 200) {
      discard(reply)
      throw new StackError('build-failed', `${url.href} answers with ${reply.status}`)
    }
    const fresh = await received(reply, directory)
    if (checksum !== undefined && checksum !== fresh.digest) await rm(join(directory, fresh.file))
    checked(fresh, url, checksum)
    await writeWhole(record, JSON.stringify(fresh))
    if (kept !== undefined && kept.file !== fresh.file) await rm(join(directory, kept.file), {force: true})
    return shown(directory, fresh)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof StackError) throw error
    throw new StackError('build-failed', `${url.href} can not be fetched`, {cause: error})
  } finally {
    transport.close()
  }
}

function conditions(kept: Kept | undefined): Record<string, string> {
  if (kept?.etag !== undefined) return {'if-none-match': kept.etag}
  return kept?.lastModified === undefined ? {} : {'if-modified-since': kept.lastModified}
}

async function received({headers, body}: Reply, directory: string): Promise<Kept> {
  const file = `${sha256(`${process.pid} ${performance.now()} ${Math.random()}`).slice(0, 32)}.data`
  const path = join(directory, file)
  const hash = createHash('sha256')
  try {
    await pipeline(
      body,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          hash.update(piece)
          yield piece
        }
      },
      createWriteStream(`${path}.part`, {mode: 0o600}),
    )
    await rename(`${path}.part`, path)
  } finally {
    await rm(`${path}.part`, {force: true})
  }
  const {etag, 'last-modified': lastModified} = headers
  return {file, digest: `sha256:${hash.digest('hex')}`, etag, lastModified}
}

function checked(kept: Kept, url: URL, checksum: string | undefined): Kept {
  if (checksum === undefined || checksum === kept.digest) return kept
  throw new StackError('build-failed', `${url.href} is not what --checksum says: it has ${kept.digest}`)
}

function shown(directory: string, {file, digest, lastModified}: Kept): Download {
  const at = Date.parse(lastModified ?? '')
  return {path: join(directory, file), digest, modified: Number.isNaN(at) ? undefined : at}
}
