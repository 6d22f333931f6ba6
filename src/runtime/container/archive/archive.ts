import {posix} from 'node:path'
import {Readable} from 'node:stream'
import type {ArchivedPath, PutArchive} from '../../runtime.ts'
import {packArchive} from './pack.ts'
import {putArchive} from './put.ts'
import type {HeldRoot} from './root.ts'
import {type Located, locate} from './stat.ts'

/** Takes a root, which is let go when `action` is over. */
type Hold = () => Promise<HeldRoot>

export async function statPath(hold: Hold, path: string): Promise<ArchivedPath> {
  await using root = await hold()
  const located = await locate(root, path)
  located.parent.close()
  return factsOf(located, path)
}

/** The archive holds descriptors until it has been read or destroyed. */
export async function getArchive(hold: Hold, path: string): Promise<{facts: ArchivedPath; archive: Readable}> {
  await using root = await hold()
  const located = await locate(root, path)
  const facts = factsOf(located, path)
  const archive = Readable.from(packArchive(located, path.endsWith('/.') ? '.' : facts.name))
  archive.once('close', () => located.parent.close())
  return {facts, archive}
}

export async function put(hold: Hold, stream: AsyncIterable<Uint8Array>, options: PutArchive): Promise<void> {
  await using root = await hold()
  await putArchive(root, stream, options)
}

const factsOf = ({stats, linkTarget}: Located, path: string): ArchivedPath => ({
  name: posix.basename(posix.normalize(`/${path}`)) || '/',
  stats,
  linkTarget,
})
