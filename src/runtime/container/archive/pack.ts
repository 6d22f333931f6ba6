import {constants, type Stats} from 'node:fs'
import {type FileHandle, lstat, open, readdir, readlink} from 'node:fs/promises'
import {pipeline} from 'node:stream/promises'
import {type Header, type Pack, pack} from 'tar-stream'
import type {Located} from './stat.ts'

/**
 * A tar archive of a file or of all below a directory. Each directory is opened by its name in the one above, never
 * through a link; sockets are left out. The caller closes what was located when the archive has been read.
 */
export function packArchive({parent, name, stats, linkTarget}: Located, as: string): Pack {
  const archive = pack()
  addEntry(archive, {path: `${parent.path}/${name}`, as, stats, linkTarget}).then(
    () => archive.finalize(),
    error => archive.destroy(error),
  )
  return archive
}

type Adding = {readonly path: string; readonly as: string; readonly stats: Stats; readonly linkTarget?: string}

async function addEntry(archive: Pack, {path, as, stats, linkTarget}: Adding): Promise<void> {
  const common = {name: as, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, mtime: stats.mtime}
  if (stats.isSymbolicLink()) {
    return await write(archive, {...common, type: 'symlink', linkname: linkTarget ?? (await readlink(path))})
  }
  if (stats.isDirectory()) return await addDirectory(archive, path, common)
  if (stats.isFile()) return await addFile(archive, path, common)
  if (stats.isFIFO()) return await write(archive, {...common, type: 'fifo'})
}

const noFollow = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

async function addDirectory(archive: Pack, path: string, common: Partial<Header> & {name: string}): Promise<void> {
  await using handle = await open(path, noFollow | constants.O_DIRECTORY)
  await write(archive, {...common, name: `${common.name}/`, type: 'directory'})
  const here = `/proc/self/fd/${handle.fd}`
  for (const name of (await readdir(here)).sort()) {
    const stats = await lstat(`${here}/${name}`).catch(ignoreGone)
    if (stats !== undefined) await addEntry(archive, {path: `${here}/${name}`, as: `${common.name}/${name}`, stats})
  }
}

async function addFile(archive: Pack, path: string, common: Partial<Header> & {name: string}): Promise<void> {
  await using handle = await open(path, noFollow)
  const stats = await handle.stat()
  if (!stats.isFile()) return
  const entry = archive.entry({...common, type: 'file', size: stats.size})
  await pipeline(bytesOf(handle, stats.size), entry)
}

/** Exactly as many as were announced, though the file may shrink or grow meanwhile. */
async function* bytesOf(handle: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let left = size; left > 0; ) {
    const buffer = Buffer.alloc(Math.min(left, 1 << 16))
    const {bytesRead} = await handle.read(buffer, 0, buffer.length)
    yield bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead)
    left -= bytesRead === 0 ? buffer.length : bytesRead
  }
}

const write = (archive: Pack, header: Partial<Header> & {name: string}): Promise<void> =>
  new Promise((resolve, reject) => archive.entry(header, error => (error ? reject(error) : resolve())))

function ignoreGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
