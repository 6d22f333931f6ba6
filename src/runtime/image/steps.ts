import {randomBytes} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {errnoOf} from '../../base/error.ts'
import {readJson, removeHalves, writeWhole} from '../../base/file.ts'
import {hashOf} from '../../base/hash.ts'
import type {LayerStore} from './layers.ts'
import {sizeOf} from './measure.ts'
import type {ImageRecord} from './records.ts'

export type StepStore = ReturnType<typeof stepStore>

/** Gives the directories of what a step changed, by the overlay that they belong to (`/`, `/usr`); they are moved. */
export type Changed = ReadonlyArray<{readonly target: string; readonly directory: string; readonly layer?: string}>
/** `once` is what distinguishes it elsewhere: then it is the same here. */
export type Addition = {
  readonly changed: Changed
  readonly isOnce: boolean
  readonly once?: readonly string[] | undefined
}

/** `once`: what its id was made of, beside its key. */
export type StepRecord = ImageRecord & {readonly once?: readonly string[] | undefined}

/**
 * Steps of builds in `images/steps/<key>.json`, each an image: what was there before it and its own layers on top. The
 * key is a digest over all that the step depends on, so whoever has it need not do the step.
 */
export function stepStore({images, layers}: {readonly images: string; readonly layers: LayerStore}) {
  const directory = join(images, 'steps')
  const path = (key: string) => join(directory, `${key}.json`)
  const known = new Map<string, StepRecord>()
  const byKey = new Map<string, ImageRecord>()

  const isWhole = (record: ImageRecord): boolean =>
    [...record.layers, ...record.overlays.flatMap(each => each.own)].every(id => existsSync(layers.path(id)))

  const all = async (): Promise<ImageRecord[]> => [...(await read()).values()]

  /** By their keys. */
  async function read(): Promise<ReadonlyMap<string, ImageRecord>> {
    const names = await readdir(directory).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    })
    const keys = names.flatMap(each => (each.endsWith('.json') ? [each.slice(0, -'.json'.length)] : []))
    const found = await Promise.all(
      keys.map(async key => {
        const record = await readJson<ImageRecord>(path(key))
        return record === undefined ? [] : [[key, record] as const]
      }),
    )
    return new Map(found.flat())
  }

  async function keep(key: string, record: StepRecord): Promise<StepRecord> {
    await mkdir(directory, {recursive: true, mode: 0o700})
    await writeWhole(path(key), JSON.stringify(record))
    remember(key, record)
    return record
  }

  function remember(key: string, record: ImageRecord): void {
    known.set(record.id, record)
    byKey.set(key, record)
  }

  /** A layer of what is in a directory, which is moved; undefined where there is nothing in it. */
  async function layerOf(from: string, given: string | undefined): Promise<string | undefined> {
    if (given !== undefined && existsSync(layers.path(given))) return given
    if ((await readdir(from)).length === 0) return undefined
    const id = given ?? randomBytes(32).toString('hex')
    await layers.take(id, from)
    return id
  }

  return {
    all,
    keep,
    /** While nobody writes. */
    sweep: () => removeHalves(directory),
    path: layers.path,

    async load(): Promise<void> {
      known.clear()
      byKey.clear()
      for (const [key, record] of await read()) if (isWhole(record)) remember(key, record)
    },

    /** By its id. */
    get: (id: string): StepRecord | undefined => known.get(id),

    async find(key: string): Promise<ImageRecord | undefined> {
      const record = byKey.get(key)
      return record !== undefined && isWhole(record) ? record : undefined
    },

    /**
     * The step `key`: `parent` with what was changed. Its id says what it is: of one whose key tells no more than how it
     * came to be (`isOnce`) no other has the same. Within `during`.
     */
    async add(key: string, parent: ImageRecord, {changed, isOnce, once: given}: Addition): Promise<StepRecord> {
      let {layers: own, overlays, size} = parent
      const made: string[] = []
      for (const {target, directory: from, layer} of changed) {
        const id = await layerOf(from, layer)
        if (id === undefined) continue
        made.push(id)
        size += await sizeOf(layers.path(id))
        if (target === '/') own = [id, ...own]
        else overlays = overlays.map(each => (each.target === target ? {...each, own: [id, ...each.own]} : each))
      }
      const once = given ?? (isOnce && made.length > 0 ? made : undefined)
      const id = `sha256:${once === undefined ? key : hashOf({key, made: once})}`
      return await keep(key, {...parent, id, once, layers: own, overlays, size, created: Date.now()})
    },

    /** An empty layer that every image from scratch is stacked on. */
    async empty(id: string): Promise<void> {
      await layers.build([{id, fill: async () => undefined}])
    },

    /** Gives the ids of those that are forgotten. */
    async forget(wanted: (step: ImageRecord) => boolean): Promise<string[]> {
      const gone = [...(await read())].filter(([, step]) => wanted(step))
      for (const [key, {id}] of gone) {
        known.delete(id)
        byKey.delete(key)
        await rm(path(key), {force: true})
      }
      return gone.map(([, {id}]) => id)
    },
  }
}
