import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {lstat, mkdir, readdir, stat, utimes, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {pipeline, Readable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {createGzip} from 'node:zlib'
import {StackError} from '../../../base/error.ts'
import type {Descriptor} from '../../../model/oci.ts'
import {native} from '../../../native/binding.ts'
import type {OwnedContent} from '../content/content.ts'

export type PackedLayer = {readonly descriptor: Descriptor; readonly diffId: string}

/** A directory with what overlayfs takes for a layer, and where it belongs: '' is the root. */
export type Unpacked = {readonly directory: string; readonly at: string}

export type PackOptions = {
  readonly content: OwnedContent
  /** An empty directory. */
  readonly workplace: string
  /** Told how many bytes of the archive there are. */
  readonly progress: (bytes: number) => void
}

const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** A layer's directory as a blob of the store: what overlayfs hides by a device, the archive hides by a name. */
export async function packLayer(layer: Unpacked, {content, workplace, progress}: PackOptions): Promise<PackedLayer> {
  const hash = createHash('sha256')
  let size = 0
  const archive = async function* () {
    for await (const piece of archiveOf(layer, workplace)) {
      hash.update(piece)
      size += piece.length
      progress(size)
      yield piece
    }
  }
  const packed = createGzip({level: 6})
  // What goes wrong before it reaches whoever reads it.
  pipeline(Readable.from(archive(), {objectMode: false}), packed, () => undefined)
  const blob = await content.put(packed)
  return {descriptor: {mediaType, ...blob}, diffId: `sha256:${hash.digest('hex')}`}
}

/** The digest of a layer's archive: of the same files the same, whenever and wherever. */
export async function diffIdOf(layer: Unpacked, workplace: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of archiveOf(layer, workplace)) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

async function* archiveOf({directory, at}: Unpacked, workplace: string): AsyncGenerator<Buffer> {
  const {paths, marks} = await entriesOf(directory)
  const staged = join(workplace, 'marks')
  await mkdir(staged)
  for (const mark of marks) {
    await mkdir(join(staged, dirname(mark)), {recursive: true})
    await writeFile(join(staged, mark), '')
    // A mark has no time of its own.
    await utimes(join(staged, mark), 0, 0)
  }
  const lists = [
    ...(await listed(directory, paths, join(workplace, 'paths'))),
    ...(await listed(staged, marks, join(workplace, 'names-of-marks'))),
  ]
  yield* tarOf(lists, at)
}

/** Words for tar: files of a directory, by a list that takes names of any length and kind. */
async function listed(directory: string, paths: readonly string[], list: string): Promise<string[]> {
  await writeFile(list, paths.map(each => `${each}\0`).join(''))
  return ['-C', directory, '-T', list]
}

/** Errors: image-failed, also where a file changes while it is read. */
async function* tarOf(lists: readonly string[], at: string): AsyncGenerator<Buffer> {
  // Of itself tar writes its pid into the names of further headers, in some versions.
  const times = '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'
  const kept = ['security.capability', 'user.*', 'system.posix_acl_*'].map(each => `--xattrs-include=${each}`)
  const xattrs = ['--xattrs', ...kept]
  const how = ['--format=posix', times, '--numeric-owner', ...xattrs, '--no-recursion', '--verbatim-files-from']
  // Names of entries and of what they are hard links to; what symbolic links say stays.
  const moved = at === '' ? [] : [`--transform=s,^,${at}/,S`]
  const words = ['-c', '-f', '-', ...how, ...moved, '--null', ...lists]
  const tar = spawn('tar', words, {env: {...process.env, LC_ALL: 'C'}, stdio: ['ignore', 'pipe', 'pipe']})
  const outcome = Promise.all([text(tar.stderr), once(tar, 'close')])
  // Waited for when all has been read.
  outcome.catch(() => undefined)
  try {
    yield* tar.stdout
    const [said, [status]] = await outcome
    if (status !== 0) throw new StackError('image-failed', `tar: ${said.trim().split('\n').slice(-3).join('; ')}`)
  } finally {
    tar.kill()
  }
}

/** What is in a layer, in the order of names, and the names that hide what is below it; of one file system. */
async function entriesOf(layer: string): Promise<{paths: string[]; marks: string[]}> {
  const paths: string[] = []
  const marks: string[] = []
  const {dev} = await stat(layer)
  async function visit(below: string): Promise<void> {
    const entries = await readdir(join(layer, below), {withFileTypes: true})
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(below, entry.name)
      if (entry.isCharacterDevice() && (await stat(join(layer, path))).rdev === 0) {
        marks.push(join(below, `.wh.${entry.name}`))
        continue
      }
      paths.push(path)
      if (!entry.isDirectory() || (await lstat(join(layer, path))).dev !== dev) continue
      if (native().isOpaque({path: join(layer, path)})) marks.push(join(path, '.wh..wh..opq'))
      await visit(path)
    }
  }
  await visit('')
  return {paths, marks}
}
