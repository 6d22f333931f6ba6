import {createReadStream} from 'node:fs'
import {readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {errnoOf, StackError} from '../../../base/error.ts'
import type {ContentStore, Descriptor, Platform} from '../../../model/oci.ts'
import {hexOf} from '../content/content.ts'
import {imagesOfIndex, type NamedImage} from './index.ts'

/** The images of an OCI image layout in a directory; their blobs are copied into the store. */
export async function readLayout(directory: string, content: ContentStore, platform: Platform): Promise<NamedImage[]> {
  const ingest = async (wanted: Descriptor) => {
    const path = join(directory, 'blobs', 'sha256', hexOf(wanted.digest))
    if ((await stat(path).catch(() => undefined)) === undefined) {
      throw new StackError('image-failed', `${directory} has no blob ${wanted.digest}`)
    }
    await content.ingest(wanted, async offset => createReadStream(path, {start: offset}))
  }
  const index = await readFile(join(directory, 'index.json')).catch(cause => {
    if (errnoOf(cause) !== 'ENOENT') throw cause
    throw new StackError('image-not-found', `${directory} is no OCI image layout: it has no index.json`)
  })
  const read = async (wanted: Descriptor) => {
    await ingest(wanted)
    return await content.read(wanted.digest)
  }
  const images = await imagesOfIndex(index, read, platform)
  for (const {config, layers} of images) for (const each of [config, ...layers]) await ingest(each)
  return images
}
