import {Readable} from 'node:stream'
import {StackError} from '../../base/error.ts'
import {sha256} from '../../base/hash.ts'
import type {BuildFacts, Image, OciFacts} from '../../model/image.ts'
import type {Descriptor} from '../../model/oci.ts'
import {sizesOf} from './measure.ts'
import {describeImage} from './oci/describe.ts'
import {type PackedLayer, packLayer} from './oci/pack.ts'
import {noLayer} from './oci/recipe.ts'
import type {ImageRecord} from './records.ts'
import type {ImageStore} from './store.ts'
import {workplaceIn} from './workplace.ts'

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
export function portableFrom(images: string, store: ImageStore): ToPortable {
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
    const known = knownLayers(store)
    const ids = record.layers.filter(each => each !== noLayer).reverse()
    const packed: PackedLayer[] = []
    for (const id of ids) packed.push(known.get(id) ?? (await packedLayer(id)))
    const [layers, diffIds] = [packed.map(each => each.descriptor), packed.map(each => each.diffId)]
    const build = factsOf(record)
    const config = await blob('config', describeImage({...record, build, diffIds}))
    const manifest = await blob('manifest', {schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers})
    const layerSizes = ids.length === 0 ? [] : await sizesOf(ids.map(layerPath))
    return {manifest, config, layers, diffIds, layerSizes, history: build.history, author: build.author}
  }

  async function packedLayer(id: string): Promise<PackedLayer> {
    const place = await workplaceIn(images)
    return await packLayer(layerPath(id), store.content, place.directory).finally(place.remove)
  }

  async function blob(kind: keyof typeof mediaTypes, value: object): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(value))
    const descriptor = {mediaType: mediaTypes[kind], digest: `sha256:${sha256(bytes)}`, size: bytes.length}
    await store.content.ingest(descriptor, async offset => Readable.from([bytes.subarray(offset)]))
    return descriptor
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

/** One that was not built has been made at once. */
function factsOf({build, created, layers}: ImageRecord): BuildFacts {
  const step = {created, createdBy: '', comment: '', emptyLayer: false}
  return build ?? {history: layers.filter(each => each !== noLayer).map(() => step), onBuild: [], author: ''}
}
