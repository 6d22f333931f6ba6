import {readdir} from 'node:fs/promises'
import {errnoOf} from '../../../base/error.ts'
import {lookup, type RootView} from '../../container/root-view.ts'
import type {Below} from '../fill.ts'
import {type Change, type Changes, changesOf, refusalOf} from './changes.ts'
import {filePieces} from './file.ts'
import type {UnpackLimits} from './limits.ts'
import {cleanPath, type Mark, markOf, refused} from './path.ts'
import type {TarItem} from './tar/entries.ts'
import type {TarEntry, TarTime} from './tar/entry.ts'

export type ApplyOptions = {
  /** The layer's own directory, empty. */
  readonly root: string
  readonly below: Below
  readonly limits: UnpackLimits
}

type Applying = ApplyOptions & {
  readonly changes: Changes
  /** Times of directories, set when nothing is put into them any more. */
  readonly times: Map<string, TarTime>
  readonly opaqueRoot: {yes: boolean}
}

/** Makes a layer's directory from its archive, as overlayfs wants a lower directory to be. */
export async function applyEntries(items: AsyncIterable<TarItem>, options: ApplyOptions): Promise<void> {
  const mostImplied = options.limits.entries
  const changes = changesOf({root: options.root, kind: 'layer', mostImplied, explain: refusalOf})
  const at: Applying = {...options, changes, times: new Map(), opaqueRoot: {yes: false}}
  for await (const {entry, data} of items) {
    const path = cleanPath(entry.path)
    const mark = markOf(path)
    if (mark === undefined) await place(at, path, {entry, data})
    else await hide(at, mark)
  }
  await changes.settle()
  await finish(at)
}

async function hide({changes, opaqueRoot}: Applying, mark: Mark): Promise<void> {
  if (mark.kind === 'whiteout') await changes.add(mark.path, {change: 'whiteout'})
  if (mark.kind !== 'opaque') return
  if (mark.path === '') opaqueRoot.yes = true
  else await changes.add(mark.path, {change: 'opaque'})
}

async function place(at: Applying, path: string, {entry, data}: TarItem): Promise<void> {
  const {changes, times, limits} = at
  if (entry.kind === 'directory') times.set(path, entry.modified)
  else times.delete(path)
  if (entry.kind === 'link') return await link(at, path, cleanPath(entry.target))
  if (entry.kind === 'file') {
    if ((entry.sparse?.size ?? 0) > limits.bytes) throw refused(path, `it is larger than ${limits.bytes} bytes`)
    for await (const change of filePieces(entry, data)) await changes.add(path, change)
  } else await changes.add(path, creation(entry, path))
  await changes.add(path, {change: 'attributes', ...attributesOf(entry, path)})
}

export function creation({kind, target, major, minor}: TarEntry, path: string): Change {
  if (kind === 'directory') return {change: 'directory'}
  if (kind === 'character' || kind === 'block' || kind === 'fifo') return {change: 'node', kind, major, minor}
  if (target === '' || target.includes('\0')) throw refused(path, 'it links to nothing')
  return {change: 'symlink', target: Buffer.from(target, 'latin1')}
}

export const mostId = 0xfffffffe
/** Others are overlayfs' and the host's own: `trusted.overlay.redirect` would show one file as another. */
const isWanted = (name: string): boolean => /^(security\.capability$|user\.|system\.posix_acl_)/.test(name)

function attributesOf({uid, gid, mode, modified, xattrs}: TarEntry, path: string) {
  if (uid < 0 || uid > mostId || gid < 0 || gid > mostId) throw refused(path, `its owner ${uid}:${gid} cannot be`)
  return {uid, gid, mode: mode & 0o7777, ...modified, xattrs: xattrs.filter(each => isWanted(each.name))}
}

/** A file of a lower layer gets its second name in this one: it is copied up first, as the kernel would. */
async function link({root, below, changes}: Applying, path: string, target: string): Promise<void> {
  await changes.settle()
  await changes.add(path, linkTo(target))
  try {
    await changes.settle()
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error
    const found = lookup(viewOf([root, ...(await below())]), `/${utf8(target)}`)
    if (found?.kind !== 'file') throw refused(path, `it is a hard link to "${utf8(target)}", which is not there`)
    const real = Buffer.from(found.path.slice(1)).toString('latin1')
    await changes.add(real, {change: 'copy', from: Buffer.from(found.hostPath)})
    await changes.add(path, linkTo(real))
  }
}

const linkTo = (target: string): Change => ({change: 'link', target: Buffer.from(target, 'latin1')})

async function finish({changes, below, times, opaqueRoot}: Applying): Promise<void> {
  const lowers = await below()
  // overlayfs heeds no mark on the root of a layer.
  if (opaqueRoot.yes) for (const name of await namesOf(lowers)) await changes.add(name, {change: 'whiteout'})
  for (const path of changes.implied) {
    const found = times.has(path) ? undefined : lookup(viewOf(lowers), `/${utf8(path)}`)
    if (found?.kind === 'directory') await changes.add(path, {change: 'like', from: Buffer.from(found.directories[0]!)})
  }
  // The root that a container sees is the uppermost layer's: one without an entry for it has that of the layers below.
  const [uppermost] = times.has('') ? [] : lowers
  if (uppermost !== undefined) await changes.add('', {change: 'like', from: Buffer.from(uppermost)})
  for (const [path, time] of times) await changes.add(path, {change: 'modified', ...time})
  await changes.settle()
}

async function namesOf(directories: readonly string[]): Promise<Set<string>> {
  const names = await Promise.all(directories.map(each => readdir(each, 'latin1')))
  return new Set(names.flat())
}

const viewOf = (layers: readonly string[]): RootView => ({layers, overlays: []})
const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')
