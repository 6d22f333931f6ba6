import type {Readable} from 'node:stream'

/** What an engine does with the images that it keeps, beside fetching and building them. Methods reject with StackError. */
export type ImageLibrary = {
  /** All of them, or those that the filters let through; newest first. */
  list(filters?: Filters): Promise<readonly ListedImage[]>
  /** All that the engine knows of it, as the Engine API words it. Errors: image-not-found. */
  inspect(reference: string): Promise<ImageDocument>
  /** How it was made, the newest step first. Errors: image-not-found. */
  history(reference: string): Promise<readonly HistoryStep[]>
  /** Lets another name mean it. Errors: image-not-found, bad-request. */
  tag(reference: string, name: string): Promise<void>
  /** Sends it to the registry that its name says. Errors: image-not-found, image-failed, unsupported. */
  push(reference: string, progress: (text: string) => void): Promise<void>
  /** One name, or by its id all of them. Gives what has gone. Errors: image-not-found, conflict. */
  remove(reference: string, options: {readonly force: boolean}): Promise<readonly RemovedImage[]>
  /** Gives a line for each image, as the engine words it: `Loaded image: web:1`. */
  load(archive: Readable): Promise<readonly string[]>
  /** What `docker save` writes, or an OCI image layout. Errors: image-not-found, unsupported. */
  save(names: readonly string[]): Promise<Readable>
}

/** As the Engine API has them: each name with its values. */
export type Filters = Readonly<Record<string, readonly string[]>>

export type ListedImage = {
  readonly id: string
  /** Names, without those that are digests. */
  readonly tags: readonly string[]
  readonly digests: readonly string[]
  /** Milliseconds since the epoch. */
  readonly created: number
  /** Bytes. */
  readonly size: number
  readonly labels: Readonly<Record<string, string>>
}

/** As the Engine API has it, with all else that it says. */
export type ImageDocument = {
  readonly Id: string
  readonly RepoTags?: readonly string[] | null
  readonly RepoDigests?: readonly string[] | null
  readonly Os?: string
  readonly Architecture?: string
  readonly Variant?: string
  readonly Size?: number
  readonly RootFS?: {readonly Layers?: readonly string[] | null}
  readonly Config?: {readonly Entrypoint?: readonly string[] | null; readonly Cmd?: readonly string[] | null} | null
}

export type HistoryStep = {
  readonly id: string
  readonly created: number
  readonly createdBy: string
  readonly size: number
  readonly comment: string
}

export type RemovedImage = {readonly kind: 'untagged' | 'deleted'; readonly name: string}
