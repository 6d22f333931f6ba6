import {Readable} from 'node:stream'
import {StackError} from '../../base/error.ts'
import {sha256} from '../../base/hash.ts'
import {stepsKey} from '../../model/cache-map.ts'
import type {BuildFacts, Image, OciFacts} from '../../model/image.ts'
import type {Descriptor} from '../../model/oci.ts'
import {sizesOf} from './measure.ts'
import {describeImage} from './oci/describe.ts'
import {type Packed, type PackedLayers, partsOf} from './packed.ts'
import type {ImageRecord} from './records.ts'
import type {ImageStore} from './store.ts'

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
export function portableFrom(store: ImageStore, packedLayers: PackedLayers): ToPortable {
  return async (image, progress = () => undefined) => {
    const record = store.record(image.id)
    if (record === undefined) throw new StackError('image-not-found', `image ${image.id} is gone`)
    if (record.oci !== undefined && record.overlays.length === 0) return {...image, oci: record.oci}
    const oci = await store.during(() => pack(record, progress))
    return {...(await store.replace({...record, oci})), oci}
  }

  async function pack(record: ImageRecord, progress: PackProgress): Promise<OciFacts> {
    const parts = partsOf(record, store)
    const layerSizes = parts.length === 0 ? [] : await sizesOf(parts.map(each => each.directory))
    const packed: Packed[] = []
    for (const [index, part] of parts.entries()) {
      const size = layerSizes[index]!
      const told = (done: number) => progress(part.id ?? part.directory, Math.min(done, size), size)
      packed.push(await packedLayers.ofPart(part, told))
    }
    for (const each of packed) await each.file()
    const [layers, diffIds] = [packed.map(each => each.descriptor), packed.map(each => each.diffId)]
    const build = factsOf(record, layers.length)
    const ids = parts.map(each => each.id)
    // What is over this machine's directories is of no use to other machines.
    const kept = record.overlays.length > 0 ? {} : keptOf(build, {ids, diffIds})
    const config = await blob('config', {...describeImage({...record, build, diffIds}), ...kept})
    const manifest = await blob('manifest', {schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers})
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
  {ids, diffIds}: {ids: readonly (string | undefined)[]; diffIds: readonly string[]},
): object {
  if (steps.length === 0) return {}
  const kept = steps.map(({key, once, layers}) => {
    const own = layers.map(({target, layer}) => ({target, diffId: diffIds[ids.indexOf(layer)]!}))
    return [key, {once, layers: own}] as const
  })
  return {[stepsKey]: Object.fromEntries(kept)}
}

/** What no instruction made comes first, and was made at once. */
function factsOf({build, created}: ImageRecord, layers: number): BuildFacts {
  const history = build?.history ?? []
  const missing = layers - history.filter(each => !each.emptyLayer).length
  const step = {created, createdBy: '', comment: '', emptyLayer: false}
  const before = Array.from({length: Math.max(0, missing)}, () => step)
  return {onBuild: [], author: '', ...build, history: [...before, ...history]}
}
