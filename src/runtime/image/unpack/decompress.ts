import {pipeline, Readable, type Transform} from 'node:stream'
import * as zlib from 'node:zlib'
import {StackError} from '../../../base/error.ts'
import {byteReader} from './bytes.ts'
import {unzstd} from './zstd.ts'

/** Each piece is a way to the thread pool and back. */
const step = 1 << 18

/** The bytes themselves, whatever they are packed with: by their first bytes, since media types are often wrong. */
export async function* decompressed(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = byteReader(stream)
  const start = await reader.take(4)
  const all = async function* (): AsyncGenerator<Uint8Array> {
    if (start.length > 0) yield start
    for (let piece = await reader.some(step); piece.length > 0; piece = await reader.some(step)) yield piece
  }
  if (start[0] === 0x1f && start[1] === 0x8b) yield* through(all(), zlib.createGunzip({chunkSize: step}), 'gzip')
  else if (isZstd(start)) yield* zstd(all())
  else yield* all()
}

/** A frame, or one that is to be skipped before the first. */
const isZstd = (start: Buffer): boolean =>
  start.length === 4 && (start.readUInt32LE() === 0xfd2fb528 || start.readUInt32LE() >>> 4 === 0x184d2a5)

function zstd(stream: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const make: unknown = Reflect.get(zlib, 'createZstdDecompress')
  return isMaker(make) ? through(stream, make(), 'zstd') : unzstd(stream)
}

/** Node has it from 22.15 on. */
const isMaker = (value: unknown): value is () => Transform => typeof value === 'function'

async function* through(
  stream: AsyncIterable<Uint8Array>,
  transform: Transform,
  name: string,
): AsyncGenerator<Uint8Array> {
  // What goes wrong in it reaches the reader as the transform's own failure.
  pipeline(Readable.from(stream, {objectMode: false}), transform, () => undefined)
  try {
    yield* transform
  } catch (cause) {
    if (cause instanceof StackError) throw cause
    throw new StackError('image-failed', `${name} data is damaged`, {cause})
  } finally {
    transform.destroy()
  }
}
