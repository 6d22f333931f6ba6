import {lstatSync, readdirSync, rmdirSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {native} from '../../native/binding.ts'
import {isNamespace} from './pinned.ts'

/** Whether `directory` is one of an older version, which pinned network namespaces in it, among the host's own mounts. */
export const hasOldPins = (directory: string): boolean =>
  lstatSync(directory, {throwIfNoEntry: false})?.isDirectory() === true

/**
 * Pins what `old` holds below `root`, the directory of the mount namespace `pins`, and removes `old`. Each is let go of
 * there once it is held here: who is killed in between leaves the rest to the next one.
 */
export async function takeOverPins(old: string, {root, pins}: {root: string; pins: string}): Promise<void> {
  const names = readdirSync(old)
  await Promise.all(names.map(name => take({held: join(old, name), seen: join(root, name), path: `/${name}`, pins})))
  await native().deleteNetns({paths: names.map(name => join(old, name))})
  rmdirSync(old)
}

type Taken = {readonly held: string; readonly seen: string; readonly path: string; readonly pins: string}

async function take({held, seen, path, pins}: Taken): Promise<void> {
  if (!isNamespace(held) || isSame(held, seen)) return
  // A file without a namespace, or with one of a container that an older version was started again for.
  await native().deleteNetns({paths: [path], pins})
  await native().pinNetns({held, path, pins})
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [one, other].map(path => statSync(path, {throwIfNoEntry: false}))
  return left !== undefined && left.dev === right?.dev && left.ino === right.ino
}
