import {existsSync} from 'node:fs'
import {mkdir, readdir, rm} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {errnoOf, StackError} from '../../base/error.ts'
import {readJson, writeWhole} from '../../base/file.ts'
import {type PackedLayer, packLayer, type Unpacked} from './oci/pack.ts'
import {noLayer} from './oci/recipe.ts'
import type {ImageRecord} from './records.ts'
import type {ImageStore} from './store.ts'
import {workplaceIn} from './workplace.ts'

/** A layer's archive, which need not be here as long as nobody asks for its file. */
export type Packed = PackedLayer & {
  /** The blob's file; packed anew where the blob is gone. Within `during`. */
  file(): Promise<string>
}

/** What becomes a layer elsewhere; directories of this machine have no id, and are what they are at that moment. */
export type Part = Unpacked & {readonly id: string | undefined}

/** Lowest first: this machine's directories, the image's own layers, what it has over this machine's. */
export function partsOf({layers, overlays}: ImageRecord, {steps}: ImageStore): Part[] {
  const own = (ids: readonly string[], at: string): Part[] =>
    ids
      .filter(each => each !== noLayer)
      .map(id => ({id, directory: steps.path(id), at}))
      .reverse()
  const below = (target: string) => target.slice(1)
  return [
    ...overlays.flatMap(({target, host}) =>
      host.map(directory => ({id: undefined, directory, at: below(target)})).reverse(),
    ),
    ...own(layers, ''),
    ...overlays.flatMap(each => own(each.own, below(each.target))),
  ]
}

/** Told how many bytes of an archive there are. */
type Progress = (bytes: number) => void

export type PackedLayers = {
  /** Of a layer of the store by itself, by its id. Within `during`. */
  of(layer: string): Promise<Packed>
  /** Within `during`. */
  ofPart(part: Part, progress: Progress): Promise<Packed>
  /** What a layer was unpacked from. */
  remember(layer: string, packed: PackedLayer): Promise<void>
}

/**
 * What layers are as blobs: packing takes long, and of what a registry has nothing more need be known than its digest.
 * `images/builds/packed/<layer>.json`, gone with the layer.
 */
export function packedLayers(images: string, store: ImageStore): PackedLayers {
  const directory = join(images, 'builds', 'packed')
  const memo = (layer: string) => join(directory, `${layer}.json`)

  async function remember(layer: string, {descriptor, diffId}: PackedLayer): Promise<void> {
    await mkdir(directory, {recursive: true, mode: 0o700})
    await writeWhole(memo(layer), JSON.stringify({descriptor, diffId}))
  }

  async function pack(part: Part, progress: Progress): Promise<PackedLayer> {
    const place = await workplaceIn(images)
    const options = {content: store.content, workplace: place.directory, progress}
    const made = await packLayer(part, options).finally(place.remove)
    if (part.id === undefined || part.at !== '') return made
    await sweep()
    await remember(part.id, made)
    return made
  }

  /** What is remembered of layers that are gone. */
  async function sweep(): Promise<void> {
    for (const name of await namesIn(directory)) {
      if (!existsSync(store.steps.path(basename(name, '.json')))) await rm(join(directory, name), {force: true})
    }
  }

  async function knownOf(part: Part): Promise<PackedLayer | undefined> {
    if (part.id === undefined) return undefined
    const known = knownLayers(store).get(keyOf(part))
    return known ?? (part.at === '' ? await readJson<PackedLayer>(memo(part.id)) : undefined)
  }

  async function ofPart(part: Part, progress: Progress): Promise<Packed> {
    const {descriptor, diffId} = (await knownOf(part)) ?? (await pack(part, progress))
    return {
      descriptor,
      diffId,
      async file() {
        if (!(await store.content.has(descriptor.digest))) {
          const made = await pack(part, progress)
          if (made.descriptor.digest !== descriptor.digest) {
            const what = `layer ${(part.id ?? part.directory).slice(0, 12)} is packed otherwise than it was`
            throw new StackError('image-failed', what, {hint: 'try again: it is known now'})
          }
        }
        return store.content.path(descriptor.digest)
      },
    }
  }

  const of = (id: string) => ofPart({id, directory: store.steps.path(id), at: ''}, () => undefined)
  return {remember, of, ofPart}
}

/** Layers that are blobs of images, by what they are of and where they belong. */
function knownLayers(store: ImageStore): Map<string, PackedLayer> {
  const all = store.list().flatMap(({id}) => {
    const record = store.record(id)
    if (record?.oci === undefined) return []
    const {layers, diffIds} = record.oci
    return partsOf(record, store).map(
      (part, index) => [keyOf(part), {descriptor: layers[index]!, diffId: diffIds[index]!}] as const,
    )
  })
  return new Map(all)
}

const keyOf = ({id, at}: Part): string => `${id} ${at}`

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  })
}
