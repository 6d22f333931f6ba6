import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {StackError} from '../../base/error.ts'
import {hashOf} from '../../base/hash.ts'
import type {KeptStep} from '../../model/cache-map.ts'
import type {Image} from '../../model/image.ts'
import type {Descriptor} from '../../model/oci.ts'
import type {Builds} from '../../runtime/image/builds.ts'
import type {PackedLayer} from '../../runtime/image/oci/pack.ts'
import type {Changed} from '../../runtime/image/steps.ts'
import {unpackLayer} from '../../runtime/image/unpack/layer.ts'

/** Somewhere that steps of other builds are kept; what it says is a stranger's word. */
export type Cache = {
  /** As a message names it. */
  readonly name: string
  step(key: string): Promise<KeptStep | undefined>
  /** A layer's archive, and which blob that is. */
  layer(diffId: string): Promise<{readonly archive: AsyncIterable<Uint8Array>; readonly descriptor?: Descriptor}>
  close(): void
}

type Wanted = {readonly key: string; readonly parent: Image}

/**
 * The step of a cache; undefined where it has none. Its layers are verified, and get ids of their own: a cache can say
 * what its steps are, not what the layers of images are. Errors: image-failed, and those of the cache.
 */
export async function adopted(builds: Builds, cache: Cache, {key, parent}: Wanted): Promise<Image | undefined> {
  const kept = await cache.step(key)
  if (kept === undefined) return undefined
  const workplace = await builds.workplace()
  try {
    const changed: Changed[number][] = []
    const blobs: Array<[layer: string, PackedLayer]> = []
    for (const [index, {target, diffId}] of kept.layers.entries()) {
      const directory = join(workplace.directory, String(index))
      await mkdir(directory)
      const below = belowOf(parent, target)
      const {archive, descriptor} = await cache.layer(diffId)
      await unpackLayer(directory, {name: diffId, diffId, open: () => archive, below: async () => [...below]})
      const layer = hashOf({cached: diffId, target, key})
      changed.push({target, directory, layer})
      if (descriptor !== undefined && isOrdinary.test(descriptor.mediaType)) blobs.push([layer, {descriptor, diffId}])
    }
    const step = await builds.adopt(key, parent, {once: kept.once, changed})
    // Who gives on what he took need not pack it.
    for (const [layer, packed] of blobs) await builds.packed.remember(layer, packed)
    return step
  } finally {
    await workplace.remove()
  }
}

/** Any registry takes it. */
const isOrdinary = /^application\/vnd\.(?:oci\.image\.layer\.v1|docker\.image\.rootfs\.diff)\.tar/

/** Uppermost first. */
function belowOf({layers, overlays}: Image, target: string): readonly string[] {
  const found = target === '/' ? layers : overlays.find(each => each.target === target)?.layers
  if (found !== undefined) return found
  throw new StackError('image-failed', `it changes ${target}, which the step before has not`)
}
