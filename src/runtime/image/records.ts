import {mkdir, readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {readJson, removeHalves, writeWhole} from '../../base/file.ts'
import {sha256} from '../../base/hash.ts'
import type {Image} from '../../model/image.ts'

/** An image as its file has it: layers by id, so that the store can be moved; names are files of their own. */
export type ImageRecord = Omit<Image, 'layers' | 'overlays' | 'references' | 'digests' | 'checkedAt'> & {
  readonly layers: readonly string[]
  /** Overlays of the host's own directories, and of `layers` by id, uppermost first. */
  readonly overlays: ReadonlyArray<{
    readonly target: string
    readonly own: readonly string[]
    readonly host: readonly string[]
  }>
}
/** `at`: when it was last pulled. */
type NameRecord = {readonly reference: string; readonly id: string; readonly at?: number}

export type RecordStore = ReturnType<typeof recordStore>

/** `images/records/<id>.json`, one per image, and `images/names/<hash>.json`, one per reference; each written whole. */
export function recordStore(images: string) {
  const records = join(images, 'records')
  const names = join(images, 'names')
  const recordPath = (id: string) => join(records, `${id.replace('sha256:', '')}.json`)
  const namePath = (reference: string) => join(names, `${sha256(reference).slice(0, 32)}.json`)

  return {
    all: () => readAll<ImageRecord>(records),
    names: () => readAll<NameRecord>(names),
    read: (id: string) => readJson<ImageRecord>(recordPath(id)),

    async write(record: ImageRecord): Promise<void> {
      await mkdir(records, {recursive: true, mode: 0o700})
      await writeWhole(recordPath(record.id), `${JSON.stringify(record, null, 2)}\n`)
    },
    async name(reference: string, id: string, at: number): Promise<void> {
      await mkdir(names, {recursive: true, mode: 0o700})
      await writeWhole(namePath(reference), `${JSON.stringify({reference, id, at})}\n`)
    },
    remove: (id: string) => rm(recordPath(id), {force: true}),
    unname: (reference: string) => rm(namePath(reference), {force: true}),
    /** While nobody writes. */
    sweep: () => Promise.all([records, names].map(removeHalves)),
  }
}

async function readAll<T>(directory: string): Promise<T[]> {
  const files = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found = await Promise.all(
    files.filter(each => each.endsWith('.json')).map(each => readJson<T>(join(directory, each))),
  )
  return found.filter(each => each !== undefined)
}
