import {readdirSync, statSync} from 'node:fs'
import {chmod, chown, mkdir, mkdtemp, readdir, rm, symlink} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {StackError} from '../../base/error.ts'
import {native} from '../../native/binding.ts'
import {lookup, type RootView} from '../container/root-view.ts'
import {Serial} from '../container/serial.ts'

/** At its first use an empty volume gets what the image has at the mount's target, with owners, modes and links. */
export function prefill(data: string, view: RootView, target: string): Promise<void> {
  // Two containers that start with the same new volume: the second finds it filled.
  return filling.run(data, () => fill(data, view, target))
}

const filling = new Serial()

async function fill(data: string, view: RootView, target: string): Promise<void> {
  if ((await readdir(data)).length > 0) return
  const found = lookup(view, target)
  if (found?.kind !== 'directory') return
  const [first] = found.directories
  if (found.directories.every(each => readdirSync(each).length === 0)) return copyAttributes(first!, data)
  await copyMerged(found.directories, data)
}

async function copyAttributes(from: string, to: string): Promise<void> {
  const {uid, gid, mode} = statSync(from)
  await chown(to, uid, gid)
  await chmod(to, mode & 0o7777)
}

/**
 * The kernel merges: the directories are stacked in a mount namespace that ends with the copy, so whiteouts and opaque
 * marks mean what they mean to the container. Short names for them, since mount(8) has a page for its options. Device
 * nodes stay behind: a volume is mounted so that they would open.
 */
const script = `
exec 2>&3
cd "$1" || exit
if [ -e 1 ]
then mount -t overlay -o "ro,lowerdir=$3" overlay merged || exit
else mount --bind 0/ merged || exit
fi
cp -a merged/. "$2" &&
find "$2" -xdev '(' -type b -o -type c ')' -delete`

async function copyMerged(directories: readonly string[], data: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'stack-prefill-'))
  try {
    await mkdir(join(scratch, 'merged'))
    for (const [index, directory] of directories.entries()) await symlink(directory, join(scratch, String(index)))
    const lower = directories.map((_, index) => index).join(':')
    const {output, status} = await native().runProgram({
      file: '/usr/bin/unshare',
      args: ['--mount', '--propagation', 'private', '/bin/sh', '-c', script, 'prefill', scratch, data, lower],
      // mount(8) from 2.39 on would pass the layers by a call that takes 256 bytes.
      env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LIBMOUNT_FORCE_MOUNT2=always'],
      input: new Uint8Array(),
      log: '/dev/null',
    })
    if (status !== 0) {
      // Half a copy would be taken for the whole at the next start.
      for (const name of await readdir(data)) await rm(join(data, name), {recursive: true, force: true})
      throw new StackError('start-failed', `fill volume ${data} from the image: ${output.trim() || `exit ${status}`}`)
    }
  } finally {
    await rm(scratch, {recursive: true, force: true})
  }
}
