import {type PackedLayer, packLayer} from './oci/pack.ts'
import {noLayer} from './oci/recipe.ts'
import type {ImageStore} from './store.ts'
import {workplaceIn} from './workplace.ts'

/** A layer of the store, by its id, as a blob of the store. Within `during`. */
export type ToPacked = (layer: string) => Promise<PackedLayer>

export function packedFrom(images: string, store: ImageStore): ToPacked {
  return async layer => {
    const known = knownLayers(store).get(layer)
    if (known !== undefined && (await store.content.has(known.descriptor.digest))) return known
    const place = await workplaceIn(images)
    return await packLayer(store.steps.path(layer), store.content, place.directory).finally(place.remove)
  }
}

/** Layers that are blobs already, by their ids. */
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
