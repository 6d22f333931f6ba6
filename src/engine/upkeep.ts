import type {Filters} from './images.ts'

/** What of an engine takes place on the disk, and how it is given back. Methods reject with StackError. */
export type Upkeep = {
  usage(): Promise<DiskUsage>
  /** Removes what nothing uses and the filters let through. Errors: bad-request for filters that it does not know. */
  prune(kind: PruneKind, filters: Filters): Promise<Pruned>
}

export type PruneKind = 'containers' | 'networks' | 'volumes' | 'images' | 'build'

/** Names or ids, as the engine words them, and bytes. */
export type Pruned = {readonly removed: readonly string[]; readonly freed: number}

/** In bytes; sizes are -1 where the engine cannot tell. Times are milliseconds since the epoch. */
export type DiskUsage = {
  /** Of all layers together: images share them. */
  readonly layersSize: number
  /** How much of it would come free with the images that no container has; not every engine tells. */
  readonly layersReclaimable?: number
  readonly images: ReadonlyArray<{
    readonly id: string
    readonly tags: readonly string[]
    readonly created: number
    readonly size: number
    /** How much of it other images have too. */
    readonly shared: number
    readonly containers: number
  }>
  readonly containers: ReadonlyArray<{
    readonly id: string
    readonly name: string
    readonly image: string
    readonly status: string
    readonly isActive: boolean
    readonly created: number
    /** What it has written. */
    readonly size: number
  }>
  readonly volumes: ReadonlyArray<{readonly name: string; readonly links: number; readonly size: number}>
  readonly buildCache: ReadonlyArray<{
    readonly id: string
    readonly kind: string
    readonly description: string
    readonly created: number
    readonly size: number
    readonly isUsed: boolean
    readonly isShared: boolean
  }>
}
