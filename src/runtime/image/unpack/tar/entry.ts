export type TarKind = 'file' | 'link' | 'symlink' | 'directory' | 'character' | 'block' | 'fifo'

/** An entry of a tar archive. Names are bytes, one character each (latin1), since nothing says what they are encoded in. */
export type TarEntry = {
  readonly path: string
  readonly kind: TarKind
  readonly target: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes that the archive has of it. */
  readonly size: number
  readonly modified: TarTime
  readonly major: number
  readonly minor: number
  readonly xattrs: ReadonlyArray<{readonly name: string; readonly value: Uint8Array}>
  readonly sparse?: Sparse
}
export type TarTime = {readonly seconds: number; readonly nanoseconds: number}

/** A file with holes: how large it is, and where the pieces go that follow each other in the archive. */
export type Sparse = {readonly size: number; readonly pieces: readonly SparsePiece[]}
export type SparsePiece = {readonly offset: number; readonly length: number}

/** As people read it. */
export const shown = (bytes: string): string =>
  JSON.stringify(Buffer.from(bytes, 'latin1').toString('utf8')).slice(1, -1)
