import type {Platform} from '../base/platform.ts'

/** OCI image specification: https://github.com/opencontainers/image-spec, names as there. */
export type Descriptor = {
  readonly mediaType: string
  /** `sha256:` and 64 hex digits. */
  readonly digest: string
  readonly size: number
  readonly urls?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: Platform
}

export type {Platform}

/** Blobs by digest: `blobs/sha256/<hex>`, whole and verified or not there. */
export type ContentStore = {
  has(digest: string): Promise<boolean>
  /** A small blob as a whole (manifests, configs). */
  read(digest: string): Promise<Uint8Array>
  /** The file of a blob. */
  path(digest: string): string
  /**
   * Makes a blob present. `from` gives its bytes from an offset on (what a killed download left is kept, and resumed);
   * size and digest are verified before it is there for anybody. One at a time per blob over all processes; who comes
   * second finds it there. Errors: image-failed (wrong digest, wrong size).
   */
  ingest(
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    from: (offset: number) => Promise<AsyncIterable<Uint8Array>>,
    progress?: (bytes: number) => void,
  ): Promise<void>
}
