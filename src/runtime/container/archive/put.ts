import {StackError} from '../../../base/error.ts'
import {creation} from '../../image/unpack/apply.ts'
import {type Changes, changesOf} from '../../image/unpack/changes.ts'
import {decompressed} from '../../image/unpack/decompress.ts'
import {filePieces} from '../../image/unpack/file.ts'
import {limitsFrom} from '../../image/unpack/limits.ts'
import {cleanPath, markOf} from '../../image/unpack/path.ts'
import {type TarItem, tarEntries} from '../../image/unpack/tar/entries.ts'
import type {TarEntry, TarTime} from '../../image/unpack/tar/entry.ts'
import type {PutArchive} from '../../runtime.ts'
import {type HeldRoot, inWords} from './root.ts'
import {exists, isDirectory} from './stat.ts'

type Putting = PutArchive & {readonly root: HeldRoot; readonly changes: Changes; readonly times: Map<string, TarTime>}

/** Unpacks an archive, compressed or not, into a directory of a running container. Errors: bad-request, not-found, conflict. */
export async function putArchive(
  root: HeldRoot,
  stream: AsyncIterable<Uint8Array>,
  options: PutArchive,
): Promise<void> {
  if (!(await isDirectory(root, options.path))) {
    throw new StackError('bad-request', `${options.path} is not a directory of the container`)
  }
  const limits = limitsFrom(process.env)
  const changes = changesOf({root: root.path, kind: 'container', mostImplied: limits.entries, explain: inWords})
  const at: Putting = {...options, root, changes, times: new Map()}
  try {
    for await (const item of tarEntries(decompressed(stream), limits)) await place(at, item)
    await changes.settle()
    await finish(at)
  } catch (error) {
    // What is wrong with an archive is wrong with an image elsewhere; here it is the request.
    if (error instanceof StackError && error.code === 'image-failed') {
      throw new StackError('bad-request', error.message, {cause: error})
    }
    throw error
  }
}

async function place(at: Putting, {entry, data}: TarItem): Promise<void> {
  const {changes, times, owner} = at
  const path = below(at.path, cleanPath(entry.path))
  at.root.check(`/${Buffer.from(path, 'latin1').toString('utf8')}`)
  const mark = at.whiteouts ? markOf(cleanPath(entry.path)) : undefined
  if (mark?.kind === 'whiteout') return await changes.add(below(at.path, mark.path), {change: 'remove'})
  if (mark !== undefined || path === '') return
  if (at.keepKinds) await checkKind(at, entry, path)
  if (entry.kind === 'directory') times.set(path, entry.modified)
  if (entry.kind === 'link') {
    const target = Buffer.from(below(at.path, cleanPath(entry.target)), 'latin1')
    return await changes.add(path, {change: 'link', target})
  }
  if (entry.kind === 'file') for await (const change of filePieces(entry, data)) await changes.add(path, change)
  else await changes.add(path, creation(entry, path))
  const {uid, gid} = owner ?? entry
  const xattrs = entry.xattrs.filter(({name}) => name.startsWith('user.') || name === 'security.capability')
  await changes.add(path, {change: 'attributes', uid, gid, mode: entry.mode & 0o7777, ...entry.modified, xattrs})
}

async function checkKind({root, changes}: Putting, entry: TarEntry, path: string): Promise<void> {
  await changes.settle()
  const inside = `/${Buffer.from(path, 'latin1').toString('utf8')}`
  if (!(await exists(root, inside)) || (await isDirectory(root, inside)) === (entry.kind === 'directory')) return
  const what = entry.kind === 'directory' ? 'is not a directory and would become one' : 'is a directory'
  throw new StackError('bad-request', `cannot overwrite ${inside}: it ${what}`)
}

/** Directories that nobody named belong to whom all belongs; times come last, since what is put into one changes its. */
async function finish({changes, times, owner}: Putting): Promise<void> {
  const now = {seconds: Math.floor(Date.now() / 1000), nanoseconds: 0}
  if (owner !== undefined) {
    const made = [...changes.implied]
    for (const path of made) await changes.add(path, {change: 'attributes', ...owner, mode: 0o755, ...now, xattrs: []})
  }
  for (const [path, time] of times) await changes.add(path, {change: 'modified', ...time})
  await changes.settle()
}

/** Bytes in characters, as names in archives are. */
const below = (directory: string, path: string): string =>
  [...Buffer.from(directory).toString('latin1').split('/'), path].filter(each => each !== '' && each !== '.').join('/')
