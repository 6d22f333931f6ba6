import {createHash} from 'node:crypto'
import {StackError, within} from '../../../base/error.ts'
import {sha256} from '../../../base/hash.ts'
import type {Below} from '../fill.ts'
import {applyEntries} from './apply.ts'
import {decompressed} from './decompress.ts'
import {limitsFrom, type UnpackLimits} from './limits.ts'
import {tarEntries} from './tar/entries.ts'

export type LayerArchive = {
  /** The blob's digest: how messages name the layer. */
  readonly name: string
  /** Digest of the archive without its compression. */
  readonly diffId: string
  open(): AsyncIterable<Uint8Array>
  readonly below: Below
}

/**
 * Unpacks a layer into a directory, which is empty; whoever gave it removes it where this fails. Errors: image-failed,
 * naming the layer and the entry.
 */
export async function unpackLayer(
  root: string,
  {name, diffId, open, below}: LayerArchive,
  limits: UnpackLimits = limitsFrom(process.env),
): Promise<void> {
  await within(`layer ${name.slice(0, 'sha256:'.length + 12)}`, async () => {
    const hash = createHash('sha256')
    const stream = bounded(decompressed(open()), limits.bytes, piece => hash.update(piece))
    await applyEntries(tarEntries(stream, limits), {root, below, limits})
    const found = `sha256:${hash.digest('hex')}`
    if (found !== diffId) {
      throw new StackError('image-failed', `its content is not what the image says: ${found} in place of ${diffId}`)
    }
  })
}

/** A stream that fails with its first byte too many. */
export async function* bounded(
  stream: AsyncIterable<Uint8Array>,
  most: number,
  see: (piece: Uint8Array) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const piece of stream) {
    size += piece.byteLength
    if (size > most) {
      throw new StackError('image-failed', `it has more than ${most} bytes unpacked`, {
        hint: 'STACK_IMAGE_MAX_BYTES allows more',
      })
    }
    see(piece)
    yield piece
  }
}

/** Names of layers on top of those below them, lowest first (OCI image specification, config.md); as hex digits. */
export function chainIds(diffIds: readonly string[]): string[] {
  const ids: string[] = []
  for (const diffId of diffIds) {
    const below = ids.at(-1)
    ids.push(below === undefined ? diffId.replace('sha256:', '') : sha256(`sha256:${below} ${diffId}`))
  }
  return ids
}
