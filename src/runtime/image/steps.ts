import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {errnoOf} from '../../base/error.ts'
import {readJson, writeWhole} from '../../base/file.ts'
import type {LayerStore} from './layers.ts'
import {sizeOf} from './measure.ts'
import type {ImageRecord} from './records.ts'

export type StepStore = ReturnType<typeof stepStore>

/** Gives the directories of what a step changed, by the overlay that they belong to (`/`, `/usr`); they are moved. */
export type Changed = ReadonlyArray<{readonly target: string; readonly directory: string}>

/**
 * Steps of builds in `images/steps/<key>.json`, each an image: what was there before it and its own layers on top. The
 * key is a digest over all that the step depends on, so whoever has it need not do the step.
 */
export function stepStore({images, layers}: {readonly images: string; readonly layers: LayerStore}) {
  const directory = join(images, 'steps')
  const path = (key: string) => join(directory, `${key}.json`)
  const known = new Map<string, ImageRecord>()

  const isWhole = (record: ImageRecord): boolean =>
    [...record.layers, ...record.overlays.flatMap(each => each.own)].every(id => existsSync(layers.path(id)))

  async function all(): Promise<ImageRecord[]> {
    const names = await readdir(directory).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    })
    const read = names.filter(each => each.endsWith('.json')).map(each => readJson<ImageRecord>(join(directory, each)))
    return (await Promise.all(read)).filter(each => each !== undefined)
  }

  async function keep(record: ImageRecord): Promise<ImageRecord> {
    await mkdir(directory, {recursive: true, mode: 0o700})
    await writeWhole(path(keyOf(record.id)), JSON.stringify(record))
    known.set(record.id, record)
    return record
  }

  /** A layer of what is in a directory, which is moved; undefined where there is nothing in it. */
  async function layerOf(from: string): Promise<string | undefined> {
    if ((await readdir(from)).length === 0) return undefined
    const id = randomBytes(32).toString('hex')
    await layers.take(id, from)
    return id
  }

  return {
    all,
    keep,
    path: layers.path,

    async load(): Promise<void> {
      known.clear()
      for (const record of await all()) if (isWhole(record)) known.set(record.id, record)
    },

    /** By its id, `sha256:` and the key. */
    get: (id: string): ImageRecord | undefined => known.get(id),

    async find(key: string): Promise<ImageRecord | undefined> {
      const record = known.get(`sha256:${key}`)
      return record !== undefined && isWhole(record) ? record : undefined
    },

    /** The step `key`: `parent` with what was changed. Within `during`. */
    async add(key: string, parent: ImageRecord, changed: Changed): Promise<ImageRecord> {
      let {layers: own, overlays, size} = parent
      for (const {target, directory: from} of changed) {
        const id = await layerOf(from)
        if (id === undefined) continue
        size += await sizeOf(layers.path(id))
        if (target === '/') own = [id, ...own]
        else overlays = overlays.map(each => (each.target === target ? {...each, own: [id, ...each.own]} : each))
      }
      return await keep({...parent, id: `sha256:${key}`, layers: own, overlays, size, created: Date.now()})
    },

    /** An empty layer that every image from scratch is stacked on. */
    async empty(id: string): Promise<void> {
      await layers.build([{id, fill: async () => undefined}])
    },

    async clear(): Promise<void> {
      known.clear()
      await rm(directory, {recursive: true, force: true})
    },
  }
}

const keyOf = (id: string): string => id.replace('sha256:', '')
