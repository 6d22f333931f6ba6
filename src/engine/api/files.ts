import {pack} from 'tar-stream'
import type {ContainerSpec} from '../engine.ts'

/** Configs and secrets as an archive to unpack at the root: for engines that know nothing of our files. */
export async function archiveOf(files: ContainerSpec['files']): Promise<Buffer> {
  const archive = pack()
  for (const {target, content, uid, gid, mode} of files) {
    archive.entry({name: target.replace(/^\/+/, ''), uid, gid, mode, mtime: new Date(0)}, Buffer.from(content))
  }
  archive.finalize()
  const pieces: Buffer[] = []
  for await (const piece of archive) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
