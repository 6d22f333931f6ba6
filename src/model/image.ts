/** An image that is present: directories to stack, and how its program wants to be run. */
export type Image = {
  /** `sha256:` and 64 hex digits; for `apt://` a digest over the exact package versions, for `host://` over the host's identity. */
  readonly id: string
  /** Every reference that means it: `apt://redis-server`. */
  readonly references: readonly string[]
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
  readonly healthcheck?: {
    readonly test: readonly string[]
    readonly interval?: number
    readonly timeout?: number
    readonly retries?: number
    readonly startPeriod?: number
    readonly startInterval?: number
  }
}
