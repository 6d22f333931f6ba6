import {once} from 'node:events'
import {posix} from 'node:path'
import {Readable} from 'node:stream'
import type {ArchivedPath} from '../../runtime.ts'
import {packArchive} from './pack.ts'
import type {HeldRoot} from './root.ts'
import {type Located, locate} from './stat.ts'

export async function statPath(root: HeldRoot, path: string): Promise<ArchivedPath> {
  const located = await locate(root, path)
  located.parent.close()
  return factsOf(located, path)
}

/** Resolves when the archive has been read or destroyed: until then the root must stay. */
export async function getArchive(
  root: HeldRoot,
  path: string,
  give: (found: {facts: ArchivedPath; archive: Readable}) => void,
): Promise<void> {
  const located = await locate(root, path)
  const facts = factsOf(located, path)
  const archive = Readable.from(packArchive(located, path.endsWith('/.') ? '.' : facts.name))
  const closed = once(archive, 'close')
  give({facts, archive})
  await closed.catch(() => undefined)
  located.parent.close()
}

const factsOf = ({stats, linkTarget}: Located, path: string): ArchivedPath => ({
  name: posix.basename(posix.normalize(`/${path}`)) || '/',
  stats,
  linkTarget,
})
