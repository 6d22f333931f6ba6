import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {StackError} from '../../base/error.ts'
import {hashOf} from '../../base/hash.ts'
import type {KeptStep} from '../../model/cache-map.ts'
import type {Image} from '../../model/image.ts'
import type {Builds} from '../../runtime/image/builds.ts'
import {unpackLayer} from '../../runtime/image/unpack/layer.ts'

/** Somewhere that steps of other builds are kept; what it says is a stranger's word. */
export type Cache = {
  /** As a message names it. */
  readonly name: string
  step(key: string): Promise<KeptStep | undefined>
  /** A layer's archive. */
  layer(diffId: string): Promise<AsyncIterable<Uint8Array>>
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
    const changed = []
    for (const [index, {target, diffId}] of kept.layers.entries()) {
      const directory = join(workplace.directory, String(index))
      await mkdir(directory)
      const below = belowOf(parent, target)
      const archive = await cache.layer(diffId)
      await unpackLayer(directory, {name: diffId, diffId, open: () => archive, below: async () => [...below]})
      changed.push({target, directory, layer: hashOf({cached: diffId, target, key})})
    }
    return await builds.adopt(key, parent, {once: kept.once, changed})
  } finally {
    await workplace.remove()
  }
}

/** Uppermost first. */
function belowOf({layers, overlays}: Image, target: string): readonly string[] {
  const found = target === '/' ? layers : overlays.find(each => each.target === target)?.layers
  if (found !== undefined) return found
  throw new StackError('image-failed', `it changes ${target}, which the step before has not`)
}
