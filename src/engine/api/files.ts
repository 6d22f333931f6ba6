import {posix} from 'node:path'
import {Writable} from 'node:stream'
import {type Header, pack} from 'tar-stream'
import {StackError} from '../../base/error.ts'
import type {ContainerSpec, FileChange} from '../engine.ts'
import type {Client} from './client.ts'
import {runExec} from './exec.ts'

/** Configs and secrets as an archive to unpack at the root: for engines that know nothing of our files. */
export async function archiveOf(files: ContainerSpec['files']): Promise<Buffer> {
  const archive = pack()
  for (const {target, content, uid, gid, mode} of files) {
    archive.entry({name: target.replace(/^\/+/, ''), uid, gid, mode, mtime: new Date(0)}, Buffer.from(content))
  }
  return wholeOf(archive)
}

/** One request for our engine, which takes removals as whiteouts; others are asked to run `rm` in the container first. */
export async function changeFiles(
  client: Client,
  id: string,
  {changes, isOurs}: {readonly changes: readonly FileChange[]; readonly isOurs: boolean},
): Promise<void> {
  const gone = changes.filter(({kind}) => kind === 'gone').map(({path}) => path)
  if (!isOurs && gone.length > 0) await removeByProgram(client, id, gone)
  const archive = await changesAsArchive(isOurs ? changes : changes.filter(({kind}) => kind !== 'gone'))
  const query = {path: '/', copyUIDGID: 'true', ...(isOurs ? {whiteouts: 'true'} : {})}
  await client.ask(docker => docker.getContainer(id).putArchive(archive, query))
}

async function removeByProgram(client: Client, id: string, paths: readonly string[]): Promise<void> {
  const nowhere = new Writable({write: (_data, _encoding, done) => done()})
  const command = ['rm', '-rf', '--', ...paths]
  const spec = {command, tty: false, stdin: false, user: '0'}
  const code = await runExec(client, id, {spec, streams: {stdout: nowhere, stderr: nowhere}})
  if (code !== 0) throw new StackError('conflict', `"rm" in the container ended with ${code}`)
}

async function changesAsArchive(changes: readonly FileChange[]): Promise<Buffer> {
  const archive = pack()
  const mtime = new Date()
  for (const change of changes) {
    const common: Partial<Header> & {name: string} = {name: change.path.replace(/^\/+/, ''), uid: 0, gid: 0, mtime}
    if (change.kind === 'file') archive.entry({...common, mode: change.mode}, Buffer.from(change.data))
    else if (change.kind === 'directory') archive.entry({...common, mode: change.mode, type: 'directory'})
    else if (change.kind === 'symlink') archive.entry({...common, type: 'symlink', linkname: change.target})
    else archive.entry({...common, name: whiteout(common.name)}, '')
  }
  return wholeOf(archive)
}

const whiteout = (path: string): string => posix.join(posix.dirname(path), `.wh.${posix.basename(path)}`)

async function wholeOf(archive: ReturnType<typeof pack>): Promise<Buffer> {
  archive.finalize()
  const pieces: Buffer[] = []
  for await (const piece of archive) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
