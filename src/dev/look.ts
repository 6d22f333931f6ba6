import {closeSync, constants, fstatSync, lstatSync, openSync, readFile, readFileSync, readlinkSync} from 'node:fs'
import {promisify} from 'node:util'
import {errnoOf} from '../base/error.ts'
import {sha256} from '../base/hash.ts'
import type {FileChange} from '../engine/engine.ts'

type Without<T> = T extends unknown ? Omit<T, 'path'> : never

/** What is at a path of the host, as it goes into a container; its mark is the same only for the same. */
export type Found =
  | {readonly kind: 'found'; readonly mark: string; readonly change: Without<FileChange>}
  /** Nothing that can be sent: a socket, a device. */
  | {readonly kind: 'other'}
  | {readonly kind: 'unreadable'; readonly why: string}

export async function look(path: string): Promise<Found> {
  try {
    const stats = lstatSync(path)
    const mode = stats.mode & 0o7777
    if (stats.isDirectory()) return {kind: 'found', mark: `directory ${mode}`, change: {kind: 'directory', mode}}
    if (stats.isSymbolicLink()) {
      const target = readlinkSync(path)
      return {kind: 'found', mark: `symlink ${target}`, change: {kind: 'symlink', target}}
    }
    return stats.isFile() ? await read(path) : {kind: 'other'}
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return {kind: 'found', mark: 'gone', change: {kind: 'gone'}}
    if (errno === undefined) throw error
    return {kind: 'unreadable', why: error instanceof Error ? error.message : errno}
  }
}

/** Bytes; a file up to this is read at once, which costs a tenth of what promises do. */
const small = 1 << 18

/** Mode and bytes of one moment, though another file may take the name meanwhile. */
async function read(path: string): Promise<Found> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) return {kind: 'other'}
    const mode = stats.mode & 0o7777
    const data = stats.size <= small ? readFileSync(fd) : await readWhole(fd)
    return {kind: 'found', mark: `file ${mode} ${sha256(data)}`, change: {kind: 'file', data, mode}}
  } finally {
    closeSync(fd)
  }
}

const readWhole = promisify<number, Buffer>((fd, done) => readFile(fd, done))

/** What files were when they were last looked at. */
export class Marks {
  readonly #seen = new Map<string, string>()

  /** Those of the paths that are other than before, or have never been looked at; of directories nothing is known. */
  async changed(paths: readonly string[]): Promise<string[]> {
    const all: string[] = []
    for (const path of paths) {
      const found = await look(path)
      const mark = found.kind === 'found' ? found.mark : found.kind
      if (this.#seen.get(path) === mark || mark.startsWith('directory')) continue
      this.#seen.set(path, mark)
      all.push(path)
    }
    return all
  }
}
