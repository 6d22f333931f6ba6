import {randomBytes} from 'node:crypto'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {hashOf, sha256} from '../../base/hash.ts'
import type {HistoryEntry, Image, ImageConfig} from '../../model/image.ts'
import type {Descriptor} from '../../model/oci.ts'
import {architecture, sizesOf} from './measure.ts'
import {describeImage} from './oci/describe.ts'
import {type PackedLayer, packLayer} from './oci/pack.ts'
import {noLayer} from './oci/recipe.ts'
import {notPortable} from './oci/save.ts'
import {runWell} from './program.ts'
import type {ImageRecord} from './records.ts'
import {parseReference} from './reference.ts'
import type {Changed} from './steps.ts'
import type {ImageStore} from './store.ts'

export type Builds = ReturnType<typeof buildsOf>

export type BuiltImage = {
  /** The last step of its target. */
  readonly step: Image
  readonly config: ImageConfig
  readonly names: readonly string[]
  readonly created: number
  readonly history: readonly HistoryEntry[]
  readonly onBuild: readonly string[]
  readonly author: string
}

const mediaTypes = {
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
}

const noConfig: ImageConfig = {
  user: '',
  env: [],
  entrypoint: [],
  cmd: [],
  workingDir: '',
  volumes: [],
  exposedPorts: [],
  labels: {},
  stopSignal: '',
}

/** What a builder needs of the images: steps, whose layers are in the store, and images made of their last one. */
export function buildsOf(images: string, store: ImageStore) {
  const {steps} = store
  const recordOf = (image: Image): ImageRecord => {
    const record = store.record(image.id)
    if (record === undefined) throw new Error(`step ${image.id} is gone`)
    return record
  }

  async function workplace(): Promise<{directory: string; remove(): Promise<void>}> {
    const directory = join(images, 'incoming', `build-${randomBytes(6).toString('hex')}.work`)
    await mkdir(directory, {recursive: true, mode: 0o700})
    return {
      directory,
      remove: async () => void (await runWell('rm', ['-rf', '--one-file-system', '--', directory])),
    }
  }

  /** Layers that are blobs already, by their ids: those of images that were pulled or loaded. */
  function knownLayers(): Map<string, PackedLayer> {
    const all = store.list().flatMap(({id}) => {
      const {layers = [], oci} = store.record(id) ?? {}
      const lowestFirst = layers.filter(each => each !== noLayer).reverse()
      return (oci?.layers ?? []).map(
        (descriptor, index) => [lowestFirst[index]!, {descriptor, diffId: oci!.diffIds[index]!}] as const,
      )
    })
    return new Map(all)
  }

  /**
   * An image with its blobs, as registries and archives want it: made when first asked for, and kept. Errors: unsupported
   * where it has files of this machine.
   */
  async function packed(image: Image): Promise<Image> {
    const record = recordOf(image)
    const {build} = record
    if (record.oci !== undefined) return image
    if (build === undefined || record.overlays.length > 0) throw notPortable(image)
    const known = knownLayers()
    return await store.during(async () => {
      const layers: PackedLayer[] = []
      const ids = record.layers.filter(each => each !== noLayer).reverse()
      for (const id of ids) layers.push(known.get(id) ?? (await packedLayer(id)))
      const diffIds = layers.map(each => each.diffId)
      const config = await blob('config', describeImage({...record, build, diffIds}))
      const manifest = await blob('manifest', {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config,
        layers: layers.map(each => each.descriptor),
      })
      const layerSizes = ids.length === 0 ? [] : await sizesOf(ids.map(steps.path))
      const {history, author} = build
      const oci = {manifest, config, layers: layers.map(each => each.descriptor), diffIds, layerSizes, history, author}
      return await store.replace({...record, oci})
    })
  }

  async function packedLayer(id: string): Promise<PackedLayer> {
    const place = await workplace()
    return await packLayer(steps.path(id), store.content, place.directory).finally(place.remove)
  }

  async function blob(kind: keyof typeof mediaTypes, value: object): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(value))
    const descriptor = {mediaType: mediaTypes[kind], digest: `sha256:${sha256(bytes)}`, size: bytes.length}
    await store.content.ingest(descriptor, async offset => Readable.from([bytes.subarray(offset)]))
    return descriptor
  }

  return {
    /** Where cache mounts and what is known of files' contents are kept. */
    directory: join(images, 'builds'),

    /** Nothing that is made meanwhile is taken for left over. */
    during: <T>(action: () => Promise<T>): Promise<T> => store.during(action),

    /** What a stage begins with: the image's files without its settings. */
    async base(image: Image): Promise<Image> {
      const key = hashOf({base: image.id})
      const {layers, overlays, size} = recordOf(image)
      const found = await steps.find(key)
      const made = {layers, overlays, size, architecture, config: noConfig, created: Date.now(), id: `sha256:${key}`}
      return store.shown(found ?? (await steps.keep(key, made)))
    },

    /** The same of nothing. */
    async scratch(): Promise<Image> {
      await steps.empty(noLayer)
      const key = hashOf('scratch')
      const id = `sha256:${key}`
      const made = {layers: [noLayer], overlays: [], size: 0, architecture, config: noConfig, created: Date.now(), id}
      return store.shown((await steps.find(key)) ?? (await steps.keep(key, made)))
    },

    async find(key: string): Promise<Image | undefined> {
      const found = await steps.find(key)
      return found && store.shown(found)
    },

    /** A step that is known by what it holds. */
    async add(key: string, parent: Image, changed: Changed): Promise<Image> {
      return store.shown(await steps.add(key, recordOf(parent), {changed, isOnce: false}))
    },

    /** A step that is known by how it came to be: done once more, it is another. */
    async addOnce(key: string, parent: Image, changed: Changed): Promise<Image> {
      return store.shown(await steps.add(key, recordOf(parent), {changed, isOnce: true}))
    },

    /** A step of elsewhere, with the id that it has there. */
    async adopt(key: string, parent: Image, {id, changed}: {readonly id: string; readonly changed: Changed}) {
      return store.shown(await steps.add(key, recordOf(parent), {changed, isOnce: true, id}))
    },

    /** What a step has that the one before has not: the layers' ids, and their directories. */
    added(parent: Image, step: Image): Array<{target: string; layer: string; directory: string}> {
      const [before, after] = [recordOf(parent), recordOf(step)]
      const of = (target: string, own: readonly string[], old: readonly string[]) =>
        own.slice(0, own.length - old.length).map(layer => ({target, layer, directory: steps.path(layer)}))
      return [
        ...of('/', after.layers, before.layers),
        ...after.overlays.flatMap(({target, own}, index) => of(target, own, before.overlays[index]?.own ?? [])),
      ]
    },

    /** A directory for what is being made, on the file system of the layers; removed with the next load, if not before. */
    workplace,

    /** An image in the store: its id says what it is made of and how it runs, not when it was made. */
    async finish({step, config, names, created, history, onBuild, author}: BuiltImage): Promise<Image> {
      const {layers, overlays, size} = recordOf(step)
      const references = names.map(each => parseReference(each).text)
      const build = {history, onBuild, author}
      const id = `sha256:${hashOf({step: step.id, config, onBuild, author})}`
      return await store.keep(references, {
        id,
        layers,
        overlays,
        size,
        config,
        architecture,
        created,
        build,
      })
    },

    packed,

    /** Every step is done anew the next time. Gives the bytes that came free. */
    prune: (): Promise<number> => store.forgetSteps(),
  }
}
