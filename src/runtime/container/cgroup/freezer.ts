import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {StackError} from '../../../base/error.ts'
import type {CgroupDirectories} from './layout.ts'

const longest = 5000

/** Stops or continues every process of a container; resolves once the kernel says that it is so. */
export async function freeze(directories: CgroupDirectories, isFrozen: boolean): Promise<void> {
  const directory = freezerOf(directories)
  if (directories.version === 2) writeFileSync(join(directory, 'cgroup.freeze'), isFrozen ? '1' : '0')
  else writeFileSync(join(directory, 'freezer.state'), isFrozen ? 'FROZEN' : 'THAWED')
  for (let waited = 0, pause = 1; isFrozenNow(directories) !== isFrozen; waited += pause, pause *= 2) {
    if (waited > longest) throw new StackError('timeout', `cgroup ${directory} did not ${isFrozen ? 'freeze' : 'thaw'}`)
    await sleep(pause)
  }
}

/** What the kernel says; a container without a cgroup is not frozen. */
export function isFrozenNow(directories: CgroupDirectories): boolean {
  try {
    const directory = freezerOf(directories)
    if (directories.version === 1) return readFileSync(join(directory, 'freezer.state'), 'utf8').trim() === 'FROZEN'
    return /^frozen 1$/m.test(readFileSync(join(directory, 'cgroup.events'), 'utf8'))
  } catch {
    return false
  }
}

function freezerOf(directories: CgroupDirectories): string {
  const directory = directories.ofController('freezer')
  if (directory !== undefined) return directory
  throw new StackError('unsupported', 'cannot pause: the freezer controller is not mounted')
}
