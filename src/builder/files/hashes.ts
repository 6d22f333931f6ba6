import {createHash} from 'node:crypto'
import {createReadStream, readFileSync, type Stats} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {readJson, writeWhole} from '../../base/file.ts'
import {sha256} from '../../base/hash.ts'

/** Digests of files' contents, kept for as long as size, times and inode stay as they are. */
export type Hashes = {
  of(path: string, stats: Stats): string | Promise<string>
  /** Keeps what was found, for the next build of the same context. */
  save(): Promise<void>
}

type Known = Record<string, readonly [stamp: string, digest: string]>

/** At once for what is small: a trip through the thread pool takes longer. */
const small = 1 << 18
/** A file that was changed this shortly before may be changed again without its time telling. */
const settled = 2000

/** `name` says whose files: a context's directory. */
export async function openHashes(directory: string, name: string): Promise<Hashes> {
  const path = join(directory, 'hashes', `${sha256(name).slice(0, 32)}.json`)
  const known = (await readJson<Known>(path).catch(() => undefined)) ?? {}
  const seen: Record<string, readonly [string, string]> = {}
  let isChanged = false

  function remember(file: string, stats: Stats, digest: string): string {
    if (Date.now() - stats.ctimeMs > settled) {
      seen[file] = [stampOf(stats), digest]
      isChanged = true
    }
    return digest
  }

  return {
    of(file, stats) {
      const entry = known[file]
      if (entry !== undefined && entry[0] === stampOf(stats)) {
        seen[file] = entry
        return entry[1]
      }
      if (stats.size <= small) return remember(file, stats, sha256(readFileSync(file)))
      return streamed(file).then(digest => remember(file, stats, digest))
    },
    async save() {
      if (!isChanged) return
      await mkdir(join(directory, 'hashes'), {recursive: true, mode: 0o700})
      // Of files of layers only those of this build: their directories' names do not come again.
      const own = Object.entries(known).filter(([file]) => file.startsWith(`${name}/`))
      await writeWhole(path, JSON.stringify({...Object.fromEntries(own), ...seen}))
    },
  }
}

const stampOf = ({size, mtimeMs, ctimeMs, ino, dev}: Stats): string => `${size} ${mtimeMs} ${ctimeMs} ${ino} ${dev}`

async function streamed(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file, {highWaterMark: 1 << 20})) hash.update(piece)
  return hash.digest('hex')
}
