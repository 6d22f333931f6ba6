import {posix} from 'node:path'
import {Writable} from 'node:stream'
import {StackError} from '../../base/error.ts'
import type {ContainerSpec, FileChange} from '../engine.ts'
import type {Client} from './client.ts'
import {runExec} from './exec.ts'
import {type TarEntry, tarOf} from './tar.ts'

/** Configs and secrets as an archive to unpack at the root: for engines that know nothing of our files. */
export function archiveOf(files: ContainerSpec['files']): Promise<Buffer> {
  const entries = files.map(({target, content, uid, gid, mode}): TarEntry => {
    return {kind: 'file', path: target.replace(/^\/+/, ''), uid, gid, mode, data: Buffer.from(content)}
  })
  return tarOf(entries, 0)
}

/** A request for each of our engine, which takes removals as whiteouts; others are asked to run `rm` in the container first. */
export async function changeFiles(
  client: Client,
  ids: readonly string[],
  {changes, isOurs}: {readonly changes: readonly FileChange[]; readonly isOurs: boolean},
): Promise<Array<PromiseSettledResult<void>>> {
  const gone = changes.filter(({kind}) => kind === 'gone').map(({path}) => path)
  const sent = isOurs ? changes : changes.filter(({kind}) => kind !== 'gone')
  const archive = await tarOf(sent.map(entryOf), Math.floor(Date.now() / 1000))
  const query = {path: '/', copyUIDGID: 'true', ...(isOurs ? {whiteouts: 'true'} : {})}
  const change = async (id: string) => {
    if (!isOurs && gone.length > 0) await removeByProgram(client, id, gone)
    await client.ask(docker => docker.getContainer(id).putArchive(archive, query))
  }
  return Promise.allSettled(ids.map(change))
}

async function removeByProgram(client: Client, id: string, paths: readonly string[]): Promise<void> {
  const nowhere = new Writable({write: (_data, _encoding, done) => done()})
  const command = ['rm', '-rf', '--', ...paths]
  const spec = {command, tty: false, stdin: false, user: '0'}
  const code = await runExec(client, id, {spec, streams: {stdout: nowhere, stderr: nowhere}})
  if (code !== 0) throw new StackError('conflict', `"rm" in the container ended with ${code}`)
}

function entryOf(change: FileChange): TarEntry {
  const path = change.path.replace(/^\/+/, '')
  if (change.kind === 'gone') return {kind: 'file', path: whiteout(path), mode: 0, data: Buffer.alloc(0)}
  return change.kind === 'symlink' ? {...change, path, mode: 0o777} : {...change, path}
}

const whiteout = (path: string): string => posix.join(posix.dirname(path), `.wh.${posix.basename(path)}`)
