import type {Descriptor} from './oci.ts'

/** An image that is present: directories to stack, and how its program wants to be run. */
export type Image = {
  /** `sha256:` and 64 hex digits; for `apt://` a digest over the exact package versions, for `host://` over the host's identity. */
  readonly id: string
  /** Every reference that means it: `apt://redis-server`. */
  readonly references: readonly string[]
  /** What registries call it, for good: `redis@sha256:…`. */
  readonly digests?: readonly string[]
  /** Absolute directories for overlayfs' lowerdir, uppermost first. */
  readonly layers: readonly string[]
  /** Further overlays mounted over the root, in order: `/usr` of `host://`. */
  readonly overlays: ReadonlyArray<{readonly target: string; readonly layers: readonly string[]}>
  readonly config: ImageConfig
  readonly created: number
  /** When a reference to it was last fetched, or found to mean it still. */
  readonly checkedAt?: number
  /** Bytes on disk; what the host has anyway does not count. */
  readonly size: number
  readonly architecture: string
  /** Where it came from, of an image that was pulled, loaded or built. */
  readonly oci?: OciFacts
  /** How it was made here: by a build, of packages, or of this machine's files. */
  readonly build?: BuildFacts
}

export type BuildFacts = {
  readonly history: readonly HistoryEntry[]
  /** Instructions for the builds that begin with it. */
  readonly onBuild: readonly string[]
  readonly author: string
  /** Those that are told of in the image itself, for other builds to begin with. */
  readonly steps?: readonly BuiltStep[] | undefined
}

/** A step by its key: what distinguishes it (see KeptStep), and the layers that it adds, by their ids in the store. */
export type BuiltStep = {
  readonly key: string
  readonly once?: readonly string[] | undefined
  readonly layers: ReadonlyArray<{readonly target: string; readonly layer: string}>
}

/** What an image is in the terms of the OCI image specification; its blobs are in the store. */
export type OciFacts = {
  readonly manifest: Descriptor
  readonly config: Descriptor
  /** Lowest first, as `diffIds`. */
  readonly layers: readonly Descriptor[]
  readonly diffIds: readonly string[]
  /** Bytes on disk of each, as `layers`. */
  readonly layerSizes: readonly number[]
  readonly history: readonly HistoryEntry[]
  readonly author: string
}

export type HistoryEntry = {
  /** Milliseconds since the epoch. */
  readonly created: number
  readonly createdBy: string
  readonly comment: string
  /** It changed the configuration alone. */
  readonly emptyLayer: boolean
}

/** The fields of an OCI image configuration that a run honours. */
export type ImageConfig = {
  readonly user: string
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly workingDir: string
  readonly volumes: readonly string[]
  readonly exposedPorts: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly stopSignal: string
  /** What runs a command that is one line of text; `/bin/sh -c` unless said. */
  readonly shell?: readonly string[]
  readonly healthcheck?: {
    readonly test: readonly string[]
    readonly interval?: number
    readonly timeout?: number
    readonly retries?: number
    readonly startPeriod?: number
    readonly startInterval?: number
  }
}
