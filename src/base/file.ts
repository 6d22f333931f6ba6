import {randomBytes} from 'node:crypto'
import {closeSync, fsync, openSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {readdir, readFile, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'

/**
 * Replaces the file as a whole or not at all: write beside, fsync, rename. Only the disk is waited for: what the kernel
 * does in memory takes microseconds, a trip through the thread pool ten times as long.
 */
export async function writeWhole(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString('hex')}.tmp`
  try {
    const file = openSync(beside, 'wx', mode)
    try {
      writeFileSync(file, content)
      await synced(file)
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, {force: true})
    throw error
  }
}

const synced = promisify(fsync)

/** Removes what a killed writer left beside the files of a directory; only who alone writes there may. */
export async function removeHalves(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  const halves = names.filter(each => /\.[0-9a-f]{8}\.tmp$/.test(each))
  await Promise.all(halves.map(each => rm(join(directory, each), {force: true})))
}

/** The parsed file, or undefined where there is none. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readText(path)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}

export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * As readText, at once: for small files of the kernel's or in its cache, where a trip through the thread pool takes ten
 * times as long as the read.
 */
export function readSmall(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
