import {Readable} from 'node:stream'
import {StackError} from '../../base/error.ts'
import {sha256} from '../../base/hash.ts'
import {stepsKey} from '../../model/cache-map.ts'
import type {BuildFacts, Image, OciFacts} from '../../model/image.ts'
import type {Descriptor} from '../../model/oci.ts'
import {sizesOf} from './measure.ts'
import {describeImage} from './oci/describe.ts'
import {noLayer} from './oci/recipe.ts'
import type {Packed, PackedLayers} from './packed.ts'
import type {ImageRecord} from './records.ts'
import type {ImageStore} from './store.ts'

/** An image whose blobs are in the store: what registries and archives take. */
export type PortableImage = Image & {readonly oci: OciFacts}

/** Gives what it is elsewhere. Errors: unsupported for images that have directories of this machine. */
export type ToPortable = (image: Image) => Promise<PortableImage>

const mediaTypes = {
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
}

/** Errors: unsupported, before anything is made of it. */
export function checkPortable({references, id, overlays}: Image): void {
  if (overlays.length === 0) return
  const name = references[0] ?? id
  throw new StackError('unsupported', `image ${name} is made of this machine's files, and cannot be saved or pushed`, {
    hint: 'images of registries, archives and apt:// can, and what is built on them or from scratch',
  })
}

/** Images that were pulled or loaded are portable; others are packed when it is first asked for, and keep their blobs. */
export function portableFrom(store: ImageStore, packedLayers: PackedLayers): ToPortable {
  const layerPath = store.steps.path

  return async image => {
    checkPortable(image)
    const record = store.record(image.id)
    if (record === undefined) throw new StackError('image-not-found', `image ${image.id} is gone`)
    if (record.oci !== undefined) return {...image, oci: record.oci}
    const oci = await store.during(() => pack(record))
    return {...(await store.replace({...record, oci})), oci}
  }

  async function pack(record: ImageRecord): Promise<OciFacts> {
    const ids = record.layers.filter(each => each !== noLayer).reverse()
    const packed: Packed[] = []
    for (const id of ids) packed.push(await packedLayers.of(id))
    for (const each of packed) await each.file()
    const [layers, diffIds] = [packed.map(each => each.descriptor), packed.map(each => each.diffId)]
    const build = factsOf(record)
    const config = await blob('config', {
      ...describeImage({...record, build, diffIds}),
      ...keptOf(build, {ids, diffIds}),
    })
    const manifest = await blob('manifest', {schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers})
    const layerSizes = ids.length === 0 ? [] : await sizesOf(ids.map(layerPath))
    return {manifest, config, layers, diffIds, layerSizes, history: build.history, author: build.author}
  }

  async function blob(kind: keyof typeof mediaTypes, value: object): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(value))
    const descriptor = {mediaType: mediaTypes[kind], digest: `sha256:${sha256(bytes)}`, size: bytes.length}
    await store.content.ingest(descriptor, async offset => Readable.from([bytes.subarray(offset)]))
    return descriptor
  }
}

/** Steps that the image's layers are of, for who takes them from it. */
function keptOf(
  {steps = []}: BuildFacts,
  {ids, diffIds}: {ids: readonly string[]; diffIds: readonly string[]},
): object {
  if (steps.length === 0) return {}
  const kept = steps.map(({key, once, layers}) => {
    const own = layers.map(({target, layer}) => ({target, diffId: diffIds[ids.indexOf(layer)]!}))
    return [key, {once, layers: own}] as const
  })
  return {[stepsKey]: Object.fromEntries(kept)}
}

/** One that was not built has been made at once. */
function factsOf({build, created, layers}: ImageRecord): BuildFacts {
  const step = {created, createdBy: '', comment: '', emptyLayer: false}
  return build ?? {history: layers.filter(each => each !== noLayer).map(() => step), onBuild: [], author: ''}
}
