import {Readable} from 'node:stream'
import {StackError} from '../../base/error.ts'
import {sha256} from '../../base/hash.ts'
import type {BuildFacts, Image, OciFacts} from '../../model/image.ts'
import type {Descriptor} from '../../model/oci.ts'
import {sizesOf} from './measure.ts'
import {describeImage} from './oci/describe.ts'
import {type PackedLayer, packLayer, type Unpacked} from './oci/pack.ts'
import {noLayer} from './oci/recipe.ts'
import type {ImageRecord} from './records.ts'
import type {ImageStore} from './store.ts'
import {workplaceIn} from './workplace.ts'

/** An image whose blobs are in the store: what registries and archives take. */
export type PortableImage = Image & {readonly oci: OciFacts}

/** Told of each layer that is packed how many of its bytes are. */
export type PackProgress = (layer: string, done: number, total: number) => void

/** Ends the packing where nobody waits for it any more. */
export function whileWanted(signal: AbortSignal | undefined, progress: PackProgress = () => undefined): PackProgress {
  return (...step) => {
    if (signal?.aborted) throw new StackError('cancelled', 'nobody waits for the image any more')
    progress(...step)
  }
}

/** Gives what it is elsewhere. */
export type ToPortable = (image: Image, progress?: PackProgress) => Promise<PortableImage>

const mediaTypes = {
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
}

/**
 * Images that were pulled or loaded are portable; others are packed when it is first asked for, and keep their blobs.
 * What an image has of this machine's directories is packed each time: it is what they have then.
 */
export function portableFrom(images: string, store: ImageStore): ToPortable {
  return async (image, progress = () => undefined) => {
    const record = store.record(image.id)
    if (record === undefined) throw new StackError('image-not-found', `image ${image.id} is gone`)
    if (record.oci !== undefined && record.overlays.length === 0) return {...image, oci: record.oci}
    const oci = await store.during(() => pack(record, progress))
    return {...(await store.replace({...record, oci})), oci}
  }

  async function pack(record: ImageRecord, progress: PackProgress): Promise<OciFacts> {
    const known = knownLayers(store)
    const parts = partsOf(record, store)
    const layerSizes = parts.length === 0 ? [] : await sizesOf(parts.map(each => each.directory))
    const packed: PackedLayer[] = []
    for (const [index, part] of parts.entries()) {
      const size = layerSizes[index]!
      const told = (done: number) => progress(part.id ?? part.directory, Math.min(done, size), size)
      packed.push(known.get(part.id) ?? (await packedLayer(part, told)))
    }
    const [layers, diffIds] = [packed.map(each => each.descriptor), packed.map(each => each.diffId)]
    const build = factsOf(record, layers.length)
    const config = await blob('config', describeImage({...record, build, diffIds}))
    const manifest = await blob('manifest', {schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers})
    return {manifest, config, layers, diffIds, layerSizes, history: build.history, author: build.author}
  }

  async function packedLayer(part: Part, progress: (bytes: number) => void): Promise<PackedLayer> {
    const place = await workplaceIn(images)
    const options = {content: store.content, workplace: place.directory, progress}
    return await packLayer(part, options).finally(place.remove)
  }

  async function blob(kind: keyof typeof mediaTypes, value: object): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(value))
    const descriptor = {mediaType: mediaTypes[kind], digest: `sha256:${sha256(bytes)}`, size: bytes.length}
    await store.content.ingest(descriptor, async offset => Readable.from([bytes.subarray(offset)]))
    return descriptor
  }
}

/** What becomes a layer elsewhere; directories of this machine have no id. */
type Part = Unpacked & {readonly id: string | undefined}

/** Lowest first: this machine's directories, the image's own layers, what it has over this machine's. */
function partsOf({layers, overlays}: ImageRecord, {steps}: ImageStore): Part[] {
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

/** Layers that are blobs already, by their ids. */
function knownLayers(store: ImageStore): Map<string | undefined, PackedLayer> {
  const all = store.list().flatMap(({id}) => {
    const record = store.record(id)
    if (record?.oci === undefined) return []
    const {layers, diffIds} = record.oci
    return partsOf(record, store).map(
      (part, index) => [part.id, {descriptor: layers[index]!, diffId: diffIds[index]!}] as const,
    )
  })
  return new Map(all.filter(([id]) => id !== undefined))
}

/** What no instruction made comes first, and was made at once. */
function factsOf({build, created}: ImageRecord, layers: number): BuildFacts {
  const history = build?.history ?? []
  const missing = layers - history.filter(each => !each.emptyLayer).length
  const step = {created, createdBy: '', comment: '', emptyLayer: false}
  const before = Array.from({length: Math.max(0, missing)}, () => step)
  return {onBuild: [], author: '', ...build, history: [...before, ...history]}
}
