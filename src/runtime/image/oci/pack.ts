import {createHash} from 'node:crypto'
import {createReadStream, createWriteStream} from 'node:fs'
import {mkdir, readdir, stat, utimes, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {createGzip} from 'node:zlib'
import type {ContentStore, Descriptor} from '../../../model/oci.ts'
import {native} from '../../../native/binding.ts'
import {runWell} from '../program.ts'

export type PackedLayer = {readonly descriptor: Descriptor; readonly diffId: string}

const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** A layer's directory as a blob of the store: what overlayfs hides by a device, the archive hides by a name. */
export async function packLayer(layer: string, content: ContentStore, workplace: string): Promise<PackedLayer> {
  const archive = await archiveOf(layer, workplace)
  const packed = `${archive}.gz`
  await pipeline(createReadStream(archive), createGzip({level: 6}), createWriteStream(packed))
  const digest = await digestOf(packed)
  const descriptor = {mediaType, digest, size: (await stat(packed)).size}
  await content.ingest(descriptor, async offset => createReadStream(packed, {start: offset}))
  return {descriptor, diffId: await digestOf(archive)}
}

/** The digest of a layer's archive: of the same files the same, whenever and wherever. */
export const diffIdOf = async (layer: string, workplace: string): Promise<string> =>
  await digestOf(await archiveOf(layer, workplace))

/** The file of it. */
async function archiveOf(layer: string, workplace: string): Promise<string> {
  const archive = join(workplace, 'layer.tar')
  const staged = join(workplace, 'marks')
  const {paths, marks} = await entriesOf(layer)
  await mkdir(staged, {recursive: true})
  for (const mark of marks) {
    await mkdir(join(staged, dirname(mark)), {recursive: true})
    await writeFile(join(staged, mark), '')
  }
  await archived('-c', archive, {directory: layer, paths, list: join(workplace, 'list')})
  // A mark has no time of its own.
  for (const mark of marks) await utimes(join(staged, mark), 0, 0)
  if (marks.length > 0) await archived('-r', archive, {directory: staged, paths: marks, list: join(workplace, 'list')})
  return archive
}

type Listed = {readonly directory: string; readonly paths: readonly string[]; readonly list: string}

async function archived(mode: '-c' | '-r', archive: string, {directory, paths, list}: Listed): Promise<void> {
  await writeFile(list, paths.map(each => `${each}\0`).join(''))
  // Of itself tar writes its pid into the names of further headers, in some versions.
  const times = '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'
  const kept = ['security.capability', 'user.*', 'system.posix_acl_*'].map(each => `--xattrs-include=${each}`)
  const xattrs = ['--xattrs', ...kept]
  const how = ['--format=posix', times, '--numeric-owner', ...xattrs, '--no-recursion', '--verbatim-files-from']
  await runWell('tar', [mode, '-f', archive, ...how, '--null', '-C', directory, '-T', list])
}

/** What is in a layer, in the order of names, and the names that hide what is below it. */
async function entriesOf(layer: string): Promise<{paths: string[]; marks: string[]}> {
  const paths: string[] = []
  const marks: string[] = []
  async function visit(below: string): Promise<void> {
    const entries = await readdir(join(layer, below), {withFileTypes: true})
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(below, entry.name)
      if (entry.isCharacterDevice() && (await stat(join(layer, path))).rdev === 0) {
        marks.push(join(below, `.wh.${entry.name}`))
        continue
      }
      paths.push(path)
      if (!entry.isDirectory()) continue
      if (native().isOpaque({path: join(layer, path)})) marks.push(join(path, '.wh..wh..opq'))
      await visit(path)
    }
  }
  await visit('')
  return {paths, marks}
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, {highWaterMark: 1 << 20})) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}
