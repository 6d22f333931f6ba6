import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {Readable} from 'node:stream'
import {gunzipSync} from 'node:zlib'
import {tarEntries} from '../../src/runtime/image/unpack/tar/entries.ts'
import type {TarEntry} from '../../src/runtime/image/unpack/tar/entry.ts'

/** What an image has: by path a line that tells kind, mode, owner, content and extended attributes. */
export type Archived = {readonly config: Readonly<Record<string, unknown>>; readonly tree: ReadonlyMap<string, string>}

const limits = {headerBytes: 1 << 20, entries: 1_000_000}

/** Reads what `docker save` writes, or another program in its form. */
export async function readImage(path: string): Promise<Archived> {
  const files = new Map<string, Buffer>()
  const links: Array<readonly [string, string]> = []
  for await (const {entry, data} of tarEntries(createReadStream(path), limits)) {
    files.set(entry.path, await all(data))
    if (entry.kind === 'symlink') links.push([entry.path, entry.target])
  }
  for (const [from, to] of links) files.set(from, files.get(to.replace(/^(\.\.\/)+/, '')) ?? Buffer.alloc(0))
  const [{Config, Layers}] = JSON.parse(files.get('manifest.json')!.toString()) as [{Config: string; Layers: string[]}]
  const described = JSON.parse(files.get(Config)!.toString()) as {config: Record<string, unknown>}
  const tree = new Map<string, string>()
  for (const layer of Layers) await apply(tree, files.get(layer)!)
  return {config: described.config, tree}
}

async function apply(tree: Map<string, string>, stored: Buffer): Promise<void> {
  const plain = stored[0] === 0x1f ? gunzipSync(stored) : stored
  const added = new Map<string, string>()
  for await (const {entry, data} of tarEntries(Readable.from([plain]), limits)) {
    const path = clean(entry.path)
    const content = await all(data)
    const [, above = '', hidden] = /^(.*\/)?\.wh\.(.*)$/.exec(path) ?? []
    if (hidden === undefined)
      added.set(path, entry.kind === 'link' ? added.get(clean(entry.target))! : lineOf(entry, content))
    else removeBelow(tree, hidden === '.wh..opq' ? above : `${above}${hidden}`, hidden !== '.wh..opq')
  }
  for (const [path, line] of added) {
    // What takes a directory's place takes all below it.
    if (!line.startsWith('directory')) removeBelow(tree, path, true)
    tree.set(path, line)
  }
}

async function all(data: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of data) pieces.push(piece)
  return Buffer.concat(pieces)
}

const clean = (path: string): string => path.replace(/^(\.?\/)+/, '').replace(/\/$/, '') || '.'

function removeBelow(tree: Map<string, string>, path: string, itself: boolean): void {
  const within = path.replace(/\/$/, '')
  for (const each of [...tree.keys()])
    if (each.startsWith(`${within}/`) || (itself && each === within)) tree.delete(each)
}

function lineOf(entry: TarEntry, content: Buffer): string {
  const {kind, mode, uid, gid, target, xattrs} = entry
  const owner = `${kind === 'symlink' ? '' : (mode & 0o7777).toString(8)} ${uid}:${gid}`
  const what = kind === 'file' ? createHash('sha256').update(content).digest('hex').slice(0, 12) : target
  return [
    kind,
    owner,
    what,
    xattrs
      .map(({name, value}) => `${name}=${Buffer.from(value).toString('hex')}`)
      .sort()
      .join(' '),
  ].join(' ')
}
