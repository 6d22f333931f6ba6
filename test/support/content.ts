import {createHash} from 'node:crypto'
import {createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, statSync} from 'node:fs'
import {readFile, rename} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {StackError} from '../../src/base/error.ts'
import type {ContentStore} from '../../src/model/oci.ts'

/** A store in a directory of its own, which keeps what was begun: `<hex>.part`. */
export function directoryContent(): ContentStore & {readonly directory: string; remove(): void} {
  const directory = mkdtempSync(join(tmpdir(), 'stack-content-'))
  mkdirSync(join(directory, 'blobs/sha256'), {recursive: true})
  const path = (digest: string) => join(directory, 'blobs/sha256', digest.replace('sha256:', ''))
  return {
    directory,
    path,
    has: async digest => existsSync(path(digest)),
    read: async digest => await readFile(path(digest)),
    remove: () => rmSync(directory, {recursive: true}),
    async ingest({digest, size}, from) {
      if (existsSync(path(digest))) return
      const part = `${path(digest)}.part`
      const offset = existsSync(part) ? statSync(part).size : 0
      await pipeline(await from(offset), createWriteStream(part, {flags: 'a'}))
      const bytes = await readFile(part)
      const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
      if (bytes.length !== size || found !== digest) {
        rmSync(part)
        throw new StackError('image-failed', `${digest} has wrong bytes: ${bytes.length} of ${size}, ${found}`)
      }
      await rename(part, path(digest))
    },
  }
}
