import type {Image} from '../../model/image.ts'
import {type LayerStore, layerStore} from './layers.ts'
import {type ImageRecord, type RecordStore, recordStore} from './records.ts'

/** What makes an image: its identity is known before it is made, so one that is there is not made again. */
export type Recipe = {
  readonly id: string
  /** What each layer is filled by, under its id. */
  readonly layers: ReadonlyArray<{readonly id: string; fill(directory: string): Promise<void>}>
  /** Called when the layers are there, with the directory of the first. */
  describe(directory: string): Promise<Omit<ImageRecord, 'id'>>
}

/** The images that are present: what the records say, kept in memory, changed on disk first. */
export class ImageStore {
  readonly #layers: LayerStore
  readonly #records: RecordStore
  readonly #images = new Map<string, ImageRecord>()
  readonly #names = new Map<string, string>()
  /** By reference. */
  readonly #checked = new Map<string, number>()

  constructor(images: string) {
    this.#layers = layerStore(images)
    this.#records = recordStore(images)
  }

  /** Reads the records, and removes what killed processes left half done. */
  async load(): Promise<void> {
    this.#images.clear()
    this.#names.clear()
    for (const record of await this.#records.all()) this.#images.set(record.id, record)
    for (const {reference, id, at} of await this.#records.names()) {
      if (at !== undefined) this.#checked.set(reference, at)
      if (this.#images.has(id)) this.#names.set(reference, id)
      else await this.#records.unname(reference)
    }
    await this.#layers.sweep(async () => new Set((await this.#records.all()).flatMap(layersOf)))
  }

  list(): Image[] {
    return [...this.#images.values()].map(record => this.#image(record))
  }

  /** By reference, id, or a beginning of the id that only one image has. */
  find(name: string): Image | undefined {
    const record = this.#images.get(this.#names.get(name) ?? name) ?? this.#byBeginning(name)
    return record && this.#image(record)
  }

  /** Makes the image unless it is there, and lets the reference mean it from now on. */
  async add(reference: string, recipe: Recipe): Promise<Image> {
    const present = this.#images.get(recipe.id)
    const record =
      present ??
      (await this.#locked(
        recipe.layers.map(each => each.id),
        () => this.#make(recipe),
      ))
    this.#images.set(record.id, record)
    const now = Date.now()
    await this.#records.name(reference, record.id, now)
    this.#names.set(reference, record.id)
    this.#checked.set(reference, now)
    return this.#image(record)
  }

  async remove(image: Image, name: string): Promise<void> {
    const gone = this.#names.has(name) ? [name] : image.references
    for (const reference of gone) {
      await this.#records.unname(reference)
      this.#names.delete(reference)
    }
    const record = this.#images.get(image.id)
    if (record === undefined || this.#image(record).references.length > 0) return
    await this.#records.remove(record.id)
    this.#images.delete(record.id)
    const used = new Set([...this.#images.values()].flatMap(layersOf))
    for (const id of layersOf(record).filter(each => !used.has(each))) {
      await this.#layers.locked(id, () => this.#layers.discard(id))
    }
  }

  /** With the locks held: another process may have made it meanwhile. The record comes last, and makes it exist. */
  async #make(recipe: Recipe): Promise<ImageRecord> {
    const made = await this.#records.read(recipe.id)
    if (made !== undefined) return made
    for (const layer of recipe.layers) await this.#layers.build(layer.id, directory => layer.fill(directory))
    const record = {...(await recipe.describe(this.#layers.path(recipe.layers[0]!.id))), id: recipe.id}
    await this.#records.write(record)
    return record
  }

  #locked<T>(ids: readonly string[], action: () => Promise<T>): Promise<T> {
    const [first, ...others] = [...ids].sort()
    return first === undefined ? action() : this.#layers.locked(first, () => this.#locked(others, action))
  }

  #byBeginning(name: string): ImageRecord | undefined {
    const digits = name.replace(/^sha256:/, '')
    if (!/^[0-9a-f]{7,64}$/.test(digits)) return undefined
    const [found, second] = [...this.#images.values()].filter(each => each.id.startsWith(`sha256:${digits}`))
    return second === undefined ? found : undefined
  }

  #image(record: ImageRecord): Image {
    const {path} = this.#layers
    const references = [...this.#names].filter(([, id]) => id === record.id).map(([reference]) => reference)
    return {
      ...record,
      references,
      checkedAt: Math.max(record.created, ...references.map(each => this.#checked.get(each) ?? 0)),
      layers: record.layers.map(path),
      overlays: record.overlays.map(({target, own, host}) => ({target, layers: [...own.map(path), ...host]})),
    }
  }
}

const layersOf = (record: ImageRecord): string[] => [...record.layers, ...record.overlays.flatMap(each => each.own)]
