import {lstat, readdir, rmdir, unlink} from 'node:fs/promises'
import {dirname, join} from 'node:path/posix'
import {errnoOf} from '../../base/error.ts'
import type {Image} from '../../model/image.ts'
import {imageView} from '../../runtime/container/layers.ts'
import {lookup} from '../../runtime/container/root-view.ts'
import type {RunMount, RunResult} from '../request.ts'

const always = ['/proc', '/sys', '/dev', '/etc/resolv.conf', '/etc/hosts', '/etc/hostname']

/** Takes away what the container was given only to mount something on: empty files and directories that the image lacks. */
export async function withoutStubs(
  changed: RunResult['changed'],
  parent: Image,
  mounts: readonly RunMount[],
): Promise<void> {
  const view = imageView(parent)
  for (const path of [...always, ...mounts.map(each => each.target)]) {
    const place = changed.findLast(each => each.target === '/' || path.startsWith(`${each.target}/`))
    if (place === undefined) continue
    const below = place.target === '/' ? path : path.slice(place.target.length)
    for (let at = below; at !== '/' && at !== '.'; at = dirname(at)) {
      const inImage = join(place.target, at)
      if (lookup(view, inImage) !== undefined || !(await removeEmpty(join(place.directory, at)))) break
    }
  }
}

async function removeEmpty(path: string): Promise<boolean> {
  try {
    const stats = await lstat(path)
    if (stats.isDirectory()) {
      if ((await readdir(path)).length > 0) return false
      await rmdir(path)
      return true
    }
    if (!stats.isFile() || stats.size > 0) return false
    await unlink(path)
    return true
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return true
    throw error
  }
}
