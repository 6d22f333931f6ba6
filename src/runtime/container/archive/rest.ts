import {closeSync} from 'node:fs'
import {posix} from 'node:path'
import {StackError} from '../../../base/error.ts'
import type {ContainerRecord} from '../../../model/container.ts'
import {native} from '../../../native/binding.ts'
import {imageOf} from '../image-of.ts'
import {overlaysOf} from '../layers.ts'
import type {Parts} from '../parts.ts'
import type {HeldRoot} from './root.ts'

/** The root of a container that does not run, as it would be but for its mounts; it must not start meanwhile. */
export async function rootAtRest({paths, images}: Parts, record: ContainerRecord): Promise<HeldRoot> {
  const [root, ...others] = overlaysOf(paths.container(record.id), imageOf(images, record))
  if (root === undefined) throw new StackError('conflict', `container "${record.name}" has no root`)
  const fd = await native().openOverlay({upper: root.upper, work: root.work, lowers: [...root.layers]})
  const mounted = [...others, ...record.mounts].map(({target}) => posix.normalize(target))
  return {
    path: `/proc/self/fd/${fd}/.`,
    check: path => checkResting(record.name, mounted, path),
    [Symbol.asyncDispose]: async () => closeSync(fd),
  }
}

function checkResting(name: string, mounted: readonly string[], path: string): void {
  const wanted = posix.normalize(`/${path}`).replace(/\/$/, '')
  const place = mounted.find(each => wanted === each || wanted.startsWith(`${each}/`))
  if (place === undefined) return
  throw new StackError('conflict', `container "${name}" is not running, and ${place} is mounted only while it does`, {
    hint: 'start it first',
  })
}
