import {createReadStream} from 'node:fs'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {type Pack, pack} from 'tar-stream'
import type {Image, OciFacts} from '../../../model/image.ts'
import type {ContentStore, Descriptor} from '../../../model/oci.ts'
import {type ToPortable, whileWanted} from '../portable.ts'

export type Saved = {readonly image: Image; readonly names: readonly string[]}

export type SaveParts = {readonly content: ContentStore; readonly portable: ToPortable}

/** A tar archive that is an OCI image layout and what `docker load` reads, both over the same blobs. */
export function saveImages(all: readonly Saved[], {content, portable}: SaveParts): Readable {
  const archive = pack()
  const left = new AbortController()
  archive.once('close', () => left.abort())
  entriesOf(all, portable, left.signal)
    .then(images => write(archive, images, content))
    .then(
      () => archive.finalize(),
      error => archive.destroy(error),
    )
  return Readable.from(archive, {objectMode: false})
}

type Entry = {readonly oci: OciFacts; readonly names: readonly string[]}

/** What was made here is packed only when it is asked for. */
async function entriesOf(all: readonly Saved[], portable: ToPortable, signal: AbortSignal): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const {image, names} of all) entries.push({oci: (await portable(image, whileWanted(signal))).oci, names})
  return entries
}

async function write(archive: Pack, images: readonly Entry[], content: ContentStore): Promise<void> {
  await add(archive, 'oci-layout', JSON.stringify({imageLayoutVersion: '1.0.0'}))
  const blobs = new Map(
    images.flatMap(({oci}) => [oci.manifest, oci.config, ...oci.layers]).map(each => [each.digest, each]),
  )
  for (const blob of blobs.values()) await addBlob(archive, blob, content)
  await add(archive, 'index.json', JSON.stringify(indexOf(images)))
  await add(archive, 'manifest.json', JSON.stringify(images.map(dockerEntry)))
}

const pathOf = ({digest}: Descriptor): string => `blobs/sha256/${digest.replace('sha256:', '')}`

const indexOf = (images: readonly Entry[]) => ({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: images.flatMap(({oci: {manifest}, names}) =>
    names.length === 0
      ? [manifest]
      : names.map(name => ({
          ...manifest,
          annotations: {
            'io.containerd.image.name': name,
            'org.opencontainers.image.ref.name': name.replace(/^.*:(?=[^/]*$)/, ''),
          },
        })),
  ),
})

const dockerEntry = ({oci: {config, layers}, names}: Entry) => ({
  Config: pathOf(config),
  RepoTags: names.length === 0 ? null : names,
  Layers: layers.map(pathOf),
})

async function add(archive: Pack, name: string, content: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    archive.entry({name, mode: 0o644, mtime: new Date(0)}, content, error => (error ? reject(error) : resolve()))
  })
}

async function addBlob(archive: Pack, blob: Descriptor, content: ContentStore): Promise<void> {
  const entry = archive.entry({name: pathOf(blob), size: blob.size, mode: 0o644, mtime: new Date(0)})
  await pipeline(createReadStream(content.path(blob.digest)), entry)
}
