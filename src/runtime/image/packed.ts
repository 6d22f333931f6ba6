import {existsSync} from 'node:fs'
import {mkdir, readdir, rm} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {errnoOf, StackError} from '../../base/error.ts'
import {readJson, writeWhole} from '../../base/file.ts'
import {type PackedLayer, packLayer} from './oci/pack.ts'
import {noLayer} from './oci/recipe.ts'
import type {ImageStore} from './store.ts'
import {workplaceIn} from './workplace.ts'

/** A layer's archive, which need not be here as long as nobody asks for its file. */
export type Packed = PackedLayer & {
  /** The blob's file; packed anew where the blob is gone. Within `during`. */
  file(): Promise<string>
}

export type PackedLayers = {
  /** Of a layer of the store, by its id. Within `during`. */
  of(layer: string): Promise<Packed>
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

  async function pack(layer: string): Promise<PackedLayer> {
    const place = await workplaceIn(images)
    const made = await packLayer(store.steps.path(layer), store.content, place.directory).finally(place.remove)
    await sweep()
    await remember(layer, made)
    return made
  }

  /** What is remembered of layers that are gone. */
  async function sweep(): Promise<void> {
    for (const name of await namesIn(directory)) {
      if (!existsSync(store.steps.path(basename(name, '.json')))) await rm(join(directory, name), {force: true})
    }
  }

  return {
    remember,
    async of(layer) {
      const known = knownLayers(store).get(layer) ?? (await readJson<PackedLayer>(memo(layer)))
      const {descriptor, diffId} = known ?? (await pack(layer))
      return {
        descriptor,
        diffId,
        async file() {
          if (!(await store.content.has(descriptor.digest))) {
            const made = await pack(layer)
            if (made.descriptor.digest !== descriptor.digest) {
              const what = `layer ${layer.slice(0, 12)} is packed otherwise than it was`
              throw new StackError('image-failed', what, {hint: 'try again: it is known now'})
            }
          }
          return store.content.path(descriptor.digest)
        },
      }
    },
  }
}

/** Layers that are blobs of images, by their ids. */
function knownLayers(store: ImageStore): Map<string, PackedLayer> {
  const all = store.list().flatMap(({id}) => {
    const {layers = [], oci} = store.record(id) ?? {}
    const lowestFirst = layers.filter(each => each !== noLayer).reverse()
    return (oci?.layers ?? []).map(
      (descriptor, index) => [lowestFirst[index]!, {descriptor, diffId: oci!.diffIds[index]!}] as const,
    )
  })
  return new Map(all)
}

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  })
}
