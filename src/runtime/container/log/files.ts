import {type FileHandle, open} from 'node:fs/promises'
import {errnoOf} from '../../../base/error.ts'

/** A log file that is open: known by its inode, since rotation gives it other names. */
export type OpenLog = {readonly handle: FileHandle; readonly inode: bigint}

export async function openLog(path: string): Promise<OpenLog | undefined> {
  try {
    const handle = await open(path, 'r')
    return {handle, inode: (await handle.stat({bigint: true})).ino}
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const name = (path: string, age: number): string => (age === 0 ? path : `${path}.${age}`)

/**
 * All that there are, oldest first, opened from the newest on: a rotation meanwhile gives the same file twice, never
 * leaves one out. The caller closes them.
 */
export async function openAllLogs(path: string, most: number): Promise<OpenLog[]> {
  return openNewerThan(path, most, undefined)
}

/** Those that were written after the one with that inode (all where it is gone by now), oldest first. */
export async function openNewerThan(path: string, most: number, inode: bigint | undefined): Promise<OpenLog[]> {
  const newest: OpenLog[] = []
  for (let age = 0; age <= most; age++) {
    const log = await openLog(name(path, age))
    if (log === undefined) {
      // Between the two renames of a rotation the newest is missing for a moment.
      if (age === 0) continue
      break
    }
    if (log.inode === inode) {
      await log.handle.close()
      break
    }
    if (newest.some(each => each.inode === log.inode)) await log.handle.close()
    else newest.push(log)
  }
  return newest.reverse()
}
