import {copyFile, mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {StackError} from '../../base/error.ts'
import {lookup} from '../../runtime/container/root-view.ts'
import {runWell} from '../../runtime/image/program.ts'
import {isArchive} from '../stage/unpack.ts'
import {addressOf} from './address.ts'
import {download} from './download.ts'
import {fetchGit} from './git.ts'

export type Fetching = {
  /** Of the builds: what was downloaded is kept there. */
  readonly builds: string
  /** Empty. */
  readonly into: string
  readonly signal: AbortSignal
  readonly agent?: string | undefined
}

/** A context from elsewhere: a git repository, a tar archive, or a Dockerfile alone. Gives its directory. */
export async function fetchContext(text: string, {builds, into, signal, agent}: Fetching): Promise<string> {
  const address = addressOf(text)
  if (address === undefined)
    throw new StackError('bad-request', `${text} is neither a git repository nor a web address`)
  if ('git' in address) {
    await fetchGit(address.git, into, {signal, agent})
    // A link there leads nowhere outside.
    const found = lookup({layers: [into], overlays: []}, join('/', address.git.directory))
    if (found?.kind === 'directory') return found.directories[0]!
    throw new StackError('build-failed', `there is no directory "${address.git.directory}" in ${address.git.url}`)
  }
  const {path} = await download(address.url, {directory: join(builds, 'downloads'), signal})
  await mkdir(into, {recursive: true})
  if (await isArchive(path)) await runWell('tar', ['-C', into, '--no-same-owner', '-xpf', path], {signal})
  else await copyFile(path, join(into, 'Dockerfile'))
  return into
}
