import {open} from 'node:fs/promises'
import {posix} from 'node:path'
import {StackError} from '../../../base/error.ts'
import type {ContentStore, Descriptor, Platform} from '../../../model/oci.ts'
import type {OwnedContent} from '../content/content.ts'
import {decompressed} from '../unpack/decompress.ts'
import {bounded} from '../unpack/layer.ts'
import {limitsFrom} from '../unpack/limits.ts'
import {cleanPath, refused} from '../unpack/path.ts'
import {tarEntries} from '../unpack/tar/entries.ts'
import {imagesOfIndex, type NamedImage} from './index.ts'
import {list, object, parseJson, text, texts} from './json.ts'

const limits = {entries: 100_000, headerBytes: 1 << 20}
const mostText = 16 << 20

type Blob = Pick<Descriptor, 'digest' | 'size'>
type Archive = {
  readonly blobs: ReadonlyMap<string, Blob>
  readonly links: ReadonlyMap<string, string>
  readonly texts: ReadonlyMap<string, Buffer>
}

/**
 * The images of a tar archive, packed or not: what `docker save` writes (manifest.json), an OCI image layout
 * (index.json), or both in one. Its files become blobs of the store as they come.
 */
export async function readArchive(
  stream: AsyncIterable<Uint8Array>,
  content: OwnedContent,
  platform: Platform,
): Promise<NamedImage[]> {
  const archive = await gather(stream, content)
  const [manifest, index] = [archive.texts.get('manifest.json'), archive.texts.get('index.json')]
  const read = async (wanted: Descriptor) => await content.read(wanted.digest)
  const indexed = index === undefined ? [] : await imagesOfIndex(index, read, platform)
  const images = manifest === undefined ? indexed : await imagesOfDocker(manifest, {archive, content, indexed})
  if (images.length === 0) {
    throw new StackError('image-failed', 'the archive has no image for this machine', {
      hint: 'it must be what docker save wrote, or an OCI image layout',
    })
  }
  for (const {config, layers} of images) {
    const missing = await firstMissing(content, [config, ...layers])
    if (missing !== undefined) throw new StackError('image-failed', `the archive lacks ${missing}`)
  }
  return images
}

async function gather(stream: AsyncIterable<Uint8Array>, content: OwnedContent): Promise<Archive> {
  const [blobs, links, found] = [new Map<string, Blob>(), new Map<string, string>(), new Map<string, Buffer>()]
  for await (const {entry, data} of tarEntries(bounded(decompressed(stream), limitsFrom(process.env).bytes), limits)) {
    const path = cleanPath(entry.path)
    if (entry.kind === 'symlink') links.set(path, posix.join(posix.dirname(path), entry.target))
    else if (entry.kind === 'link') links.set(path, cleanPath(entry.target))
    else if (entry.kind === 'file' && ['manifest.json', 'index.json'].includes(path))
      found.set(path, await whole(path, data))
    else if (entry.kind === 'file') {
      const blob = await content.put(data)
      const named = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1]
      if (named !== undefined && blob.digest !== `sha256:${named}`) throw refused(path, `its digest is ${blob.digest}`)
      blobs.set(path, blob)
    }
  }
  return {blobs, links, texts: found}
}

async function whole(path: string, data: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of data) {
    pieces.push(piece)
    size += piece.length
    if (size > mostText) throw refused(path, `it is larger than ${mostText} bytes`)
  }
  return Buffer.concat(pieces)
}

type DockerParts = {
  readonly archive: Archive
  readonly content: OwnedContent
  /** The same images as the layout in the archive has them, if it has one. */
  readonly indexed: readonly NamedImage[]
}

async function imagesOfDocker(bytes: Buffer, parts: DockerParts): Promise<NamedImage[]> {
  const all = list(parseJson(bytes, 'manifest.json'), 'manifest.json')
  return await Promise.all(all.map(async each => await dockerImage(each, parts)))
}

async function dockerImage(value: unknown, {archive, content, indexed}: DockerParts): Promise<NamedImage> {
  const entry = object(value, 'manifest.json')
  const names = texts(entry.RepoTags, 'RepoTags')
  const config = blobAt(archive, text(entry.Config, 'Config'))
  const known = indexed.find(each => each.config.digest === config.digest)
  if (known !== undefined) return {...known, names}
  const layers = await Promise.all(
    texts(entry.Layers, 'Layers').map(async path => {
      const blob = blobAt(archive, path)
      return {mediaType: await layerType(content, blob.digest), ...blob}
    }),
  )
  const image = {config: {mediaType: 'application/vnd.oci.image.config.v1+json', ...config}, layers}
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = Buffer.from(JSON.stringify({schemaVersion: 2, mediaType, ...image}))
  return {...image, manifest: {mediaType, ...(await content.put(once(manifest)))}, names}
}

/** Old archives have a layer once, and links to it where it comes again. */
function blobAt({blobs, links}: Archive, path: string): Blob {
  let at = cleanPath(path)
  for (let hops = 0; hops < 10; hops++) {
    const blob = blobs.get(at)
    if (blob !== undefined) return blob
    const next = links.get(at)
    if (next === undefined) break
    at = next
  }
  throw new StackError('image-failed', `the archive lacks "${path}"`)
}

/** What a layer's blob is packed with, by its first bytes. */
async function layerType(content: ContentStore, digest: string): Promise<string> {
  const file = await open(content.path(digest), 'r')
  const start = Buffer.alloc(4)
  await file.read(start, 0, 4, 0).finally(() => file.close())
  const packed = start.readUInt16BE() === 0x1f8b ? '+gzip' : start.readUInt32LE() === 0xfd2fb528 ? '+zstd' : ''
  return `application/vnd.oci.image.layer.v1.tar${packed}`
}

async function firstMissing(content: ContentStore, wanted: readonly Descriptor[]): Promise<string | undefined> {
  for (const {digest} of wanted) if (!(await content.has(digest))) return digest
  return undefined
}

async function* once(bytes: Uint8Array) {
  yield bytes
}
