import {existsSync} from 'node:fs'
import {stat} from 'node:fs/promises'
import type {Image} from '../../model/image.ts'
import {type Claims, claimsOf} from './claims.ts'
import {contentStore, type OwnedContent} from './content/content.ts'
import type {NewLayer} from './fill.ts'
import {type LayerStore, layerStore} from './layers.ts'
import {sizeOf, sizesOf} from './measure.ts'
import {type ImageRecord, type RecordStore, recordStore} from './records.ts'
import {type StepStore, stepStore} from './steps.ts'
import {type ImageUsage, weigh} from './usage.ts'

/** What makes an image: its identity is known before it is made, so one that is there is not made again. */
export type Recipe = {
  readonly id: string
  /** What each layer is filled by, under its id, lowest first. */
  readonly layers: readonly NewLayer[]
  /** Called when the layers are there, with their directories. */
  describe(directory: string, all: readonly string[]): Promise<Omit<ImageRecord, 'id'>>
}

/** What an image lost when it was removed: names, and itself with the last of them. */
export type Removal = {readonly untagged: readonly string[]; readonly deleted: boolean; readonly freed: number}

/** The images that are present: what the records say, kept in memory, changed on disk first. */
export class ImageStore {
  readonly content: OwnedContent
  readonly #layers: LayerStore
  readonly #records: RecordStore
  /** Steps of builds, which are images that no list shows. */
  readonly steps: StepStore
  readonly #claims: Claims
  readonly #images = new Map<string, ImageRecord>()
  readonly #names = new Map<string, string>()
  /** By reference. */
  readonly #checked = new Map<string, number>()

  constructor(images: string) {
    this.content = contentStore(images)
    this.#layers = layerStore(images)
    this.#records = recordStore(images)
    this.steps = stepStore({images, layers: this.#layers})
    this.#claims = claimsOf(images)
  }

  /** Reads the records, and removes what killed processes left half done; whole blobs wait for whoever pulls again. */
  async load(): Promise<void> {
    this.#images.clear()
    this.#names.clear()
    for (const record of await this.#records.all()) this.#images.set(record.id, record)
    for (const {reference, id, at} of await this.#records.names()) {
      if (at !== undefined) this.#checked.set(reference, at)
      if (this.#images.has(id)) this.#names.set(reference, id)
      else await this.#records.unname(reference)
    }
    await this.steps.load()
    await this.content.sweep()
    await this.#removeUnused()
  }

  list(): Image[] {
    return [...this.#images.values()].map(record => this.#image(record))
  }

  /** By reference, id, or a beginning of the id that only one image has. */
  find(name: string): Image | undefined {
    const record = this.#images.get(this.#names.get(name) ?? name) ?? this.#byBeginning(name) ?? this.steps.get(name)
    return record && this.#image(record)
  }

  /** What `action` adds to layers and blobs is not taken for left over while it runs. */
  during<T>(action: () => Promise<T>): Promise<T> {
    return this.#claims.during(action)
  }

  /** Makes the image unless it is there, and lets the references mean it from now on. */
  async add(references: string | readonly string[], recipe: Recipe): Promise<Image> {
    return await this.#claims.during(async () => {
      const record = this.#present(recipe) ?? (await this.#make(recipe))
      this.#images.set(record.id, record)
      for (const reference of [references].flat()) await this.name(reference, record.id)
      return this.#image(record)
    })
  }

  /** Makes the layers of an image that is yet to be added. Within `during`. */
  async prepare(recipe: Recipe): Promise<void> {
    if (this.#present(recipe) === undefined) await this.#layers.build(recipe.layers)
  }

  /** Keeps an image whose layers are there, and lets the references mean it. Within `during`. */
  async keep(references: readonly string[], record: ImageRecord): Promise<Image> {
    const tellsMore = record.build?.steps !== undefined && this.#images.get(record.id)?.build?.steps === undefined
    if (tellsMore || !this.#isWhole(record.id)) {
      await this.#records.write(record)
      this.#images.set(record.id, record)
    }
    for (const reference of references) await this.name(reference, record.id)
    return this.#image(this.#images.get(record.id) ?? record)
  }

  /** Writes what is known of an image anew. */
  async replace(record: ImageRecord): Promise<Image> {
    await this.#records.write(record)
    this.#images.set(record.id, record)
    return this.#image(record)
  }

  /** Forgets steps of builds, and with these the layers that no image has. Gives their ids and the bytes that came free. */
  async forgetSteps(wanted: (step: ImageRecord) => boolean): Promise<{ids: readonly string[]; freed: number}> {
    const ids = await this.steps.forget(wanted)
    return {ids, freed: await this.#removeUnused()}
  }

  /** `used` are ids of images. */
  async usage(used: ReadonlySet<string>): Promise<ImageUsage> {
    const steps = (await this.steps.all()).map(each => ({...each, parts: layersOf(each)}))
    const images = [...this.#images.values()].map(each => ({...each, parts: [...layersOf(each), ...blobsOf(each)]}))
    const layers = [...new Set([...steps, ...images].flatMap(layersOf))]
    const layerSizes = await sizesOf(layers.map(this.#layers.path))
    const sizes = new Map(layers.map((id, index) => [id, layerSizes[index]!]))
    for (const digest of new Set(images.flatMap(blobsOf))) sizes.set(digest, await this.#blobSize(digest))
    return weigh({images, steps, sizes, used})
  }

  async #blobSize(digest: string): Promise<number> {
    return (await stat(this.content.path(digest)).catch(() => undefined))?.size ?? 0
  }

  /** An image as it is kept: of one that is there, by id. */
  record(id: string): ImageRecord | undefined {
    return this.#images.get(id) ?? this.steps.get(id)
  }

  /** As others see it. */
  shown(record: ImageRecord): Image {
    return this.#image(record)
  }

  /** Lets a reference mean an image that is there. */
  async name(reference: string, id: string): Promise<void> {
    const now = Date.now()
    await this.#records.name(reference, id, now)
    this.#names.set(reference, id)
    this.#checked.set(reference, now)
  }

  /** Takes one name away, or all where `name` is none of its own; with the last tag the image goes. */
  async remove(image: Image, name: string): Promise<Removal> {
    const untagged = this.#names.has(name)
      ? [name, ...this.#digestsAfter(image, name)]
      : [...image.references, ...(image.digests ?? [])]
    for (const reference of untagged) {
      await this.#records.unname(reference)
      this.#names.delete(reference)
    }
    const record = this.#images.get(image.id)
    if (record === undefined) return {untagged, deleted: false, freed: 0}
    if ([...this.#names.values()].includes(record.id)) return {untagged, deleted: false, freed: 0}
    await this.#records.remove(record.id)
    this.#images.delete(record.id)
    return {untagged, deleted: true, freed: await this.#removeUnused()}
  }

  /** A repository's digests mean nothing more when its last tag is gone. */
  #digestsAfter(image: Image, name: string): string[] {
    const repository = repositoryOf(name)
    const isLast = !image.references.some(each => each !== name && repositoryOf(each) === repository)
    return isLast ? (image.digests ?? []).filter(each => each !== name && repositoryOf(each) === repository) : []
  }

  /** One whose layers somebody took away is made again. */
  #present({id}: Recipe): ImageRecord | undefined {
    return this.#isWhole(id) ? this.#images.get(id) : undefined
  }

  #isWhole(id: string): boolean {
    const record = this.#images.get(id)
    return record !== undefined && layersOf(record).every(each => existsSync(this.#layers.path(each)))
  }

  /** Another process may have made it meanwhile. The record comes last, and makes it exist. */
  async #make(recipe: Recipe): Promise<ImageRecord> {
    const {path} = this.#layers
    await this.#layers.build(recipe.layers)
    const made = await this.#records.read(recipe.id)
    if (made !== undefined) return made
    const directories = recipe.layers.map(each => path(each.id))
    const record = {...(await recipe.describe(directories[0]!, directories)), id: recipe.id}
    await this.#records.write(record)
    return record
  }

  /** Layers and blobs of which no record tells, in bytes; nothing while somebody makes an image. */
  async #removeUnused(): Promise<number> {
    const freed = await this.#claims.unlessClaimed(async wasKilled => {
      await Promise.all([this.#records.sweep(), this.steps.sweep()])
      const records = [...(await this.#records.all()), ...(await this.steps.all())]
      const layers = await this.#layers.sweep(async () => new Set(records.flatMap(layersOf)), sizeOf)
      return layers + (await this.#removeBlobs(new Set(records.flatMap(blobsOf)), wasKilled))
    })
    return freed ?? 0
  }

  async #removeBlobs(used: ReadonlySet<string>, wasKilled: boolean): Promise<number> {
    let freed = 0
    for (const digest of (await this.content.list()).filter(each => !used.has(each))) {
      freed += await this.#blobSize(digest)
      await (wasKilled ? this.content.setAside(digest) : this.content.remove(digest))
    }
    return freed
  }

  #byBeginning(name: string): ImageRecord | undefined {
    const digits = name.replace(/^sha256:/, '')
    if (!/^[0-9a-f]{7,64}$/.test(digits)) return undefined
    const [found, second] = [...this.#images.values()].filter(each => each.id.startsWith(`sha256:${digits}`))
    return second === undefined ? found : undefined
  }

  #image(record: ImageRecord): Image {
    const {path} = this.#layers
    const names = [...this.#names].filter(([, id]) => id === record.id).map(([reference]) => reference)
    return {
      ...record,
      references: names.filter(each => !each.includes('@')),
      digests: names.filter(each => each.includes('@')),
      checkedAt: Math.max(record.created, ...names.map(each => this.#checked.get(each) ?? 0)),
      layers: record.layers.map(path),
      overlays: record.overlays.map(({target, own, host}) => ({target, layers: [...own.map(path), ...host]})),
    }
  }
}

export const layersOf = (record: ImageRecord): string[] => [
  ...record.layers,
  ...record.overlays.flatMap(each => each.own),
]

const blobsOf = ({oci}: ImageRecord): string[] =>
  oci === undefined ? [] : [oci.manifest, oci.config, ...oci.layers].map(each => each.digest)

/** `localhost:5000/web` of `localhost:5000/web:v1` and `localhost:5000/web@sha256:…`. */
const repositoryOf = (reference: string): string => reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
