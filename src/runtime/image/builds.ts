import {join} from 'node:path'
import {hashOf} from '../../base/hash.ts'
import type {KeptStep} from '../../model/cache-map.ts'
import type {BuiltStep, HistoryEntry, Image, ImageConfig} from '../../model/image.ts'
import {architecture} from './measure.ts'
import {diffIdOf} from './oci/pack.ts'
import {noLayer} from './oci/recipe.ts'
import type {PackedLayers} from './packed.ts'
import type {ImageRecord} from './records.ts'
import {parseReference} from './reference.ts'
import type {Changed} from './steps.ts'
import type {ImageStore} from './store.ts'
import {workplaceIn} from './workplace.ts'

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
  /** What the image itself tells of its steps. */
  readonly steps: readonly BuiltStep[]
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
export function buildsOf(images: string, store: ImageStore, packed: PackedLayers) {
  const {steps} = store
  const recordOf = (image: Image): ImageRecord => {
    const record = store.record(image.id)
    if (record === undefined) throw new Error(`step ${image.id} is gone`)
    return record
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
    async adopt(
      key: string,
      parent: Image,
      {once, changed}: {readonly once: KeptStep['once']; readonly changed: Changed},
    ) {
      return store.shown(await steps.add(key, recordOf(parent), {changed, isOnce: false, once}))
    },

    /** What distinguishes a step, and what it has that the one before has not. */
    told(key: string, parent: Image, step: Image): BuiltStep {
      const [before, after] = [recordOf(parent), recordOf(step)]
      const of = (target: string, own: readonly string[], old: readonly string[]) =>
        own.slice(0, own.length - old.length).map(layer => ({target, layer}))
      const layers = [
        ...of('/', after.layers, before.layers),
        ...after.overlays.flatMap(({target, own}, index) => of(target, own, before.overlays[index]?.own ?? [])),
      ]
      return {key, once: steps.get(step.id)?.once, layers}
    },

    /** The digest of what a step wrote: of the same files the same. */
    async digestOf(directory: string): Promise<string> {
      const place = await workplaceIn(images)
      return await diffIdOf({directory, at: ''}, place.directory).finally(place.remove)
    },

    /** A layer as a blob. */
    packed,

    /** A directory for what is being made, on the file system of the layers; removed with the next load, if not before. */
    workplace: () => workplaceIn(images),

    /** An image in the store: its id says what it is made of and how it runs, not when it was made. */
    async finish({step, config, names, created, history, onBuild, author, steps: told}: BuiltImage): Promise<Image> {
      const {layers, overlays, size} = recordOf(step)
      const references = names.map(each => parseReference(each).text)
      const build = {history, onBuild, author, ...(told.length === 0 ? {} : {steps: told})}
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

    /** These steps are done anew the next time; all unless said. Gives their ids and the bytes that came free. */
    prune: (wanted: (step: {readonly created: number}) => boolean = () => true) => store.forgetSteps(wanted),
  }
}
