import {chmod, copyFile, link, mkdir, utimes} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {StackError} from '../../base/error.ts'
import {lookup} from '../../runtime/container/root-view.ts'
import {directorySource, type Item, nothingIgnored, type Source} from '../files/source.ts'
import type {addressOf} from '../remote/address.ts'
import {download} from '../remote/download.ts'
import {fetchGit} from '../remote/git.ts'
import type {CopyInstruction} from './copy.ts'
import type {Undo} from './given.ts'
import type {StepContext} from './stage.ts'

type Wanted = {
  readonly context: StepContext
  readonly undo: Undo
  readonly instruction: CopyInstruction
  readonly checksum?: string
}

type Fetched = {readonly source: Source; readonly item: Item; readonly unpacks: boolean}

/** What ADD fetches: a file, or the files of a commit; there until the step is done. */
export async function fetchedOf(
  address: NonNullable<ReturnType<typeof addressOf>>,
  {context, undo, instruction, checksum}: Wanted,
): Promise<Fetched> {
  const {builds, signal, request} = context
  const workplace = await builds.workplace()
  undo.push(workplace.remove)
  const directory = join(workplace.directory, 'fetched')
  await mkdir(directory)
  const source = directorySource(directory, nothingIgnored)
  if ('git' in address) {
    const {keepGitDir} = instruction
    const commit = await fetchGit(address.git, directory, {signal, keepGitDir, agent: request.ssh.default})
    if (checksum !== undefined && !checksum.endsWith(commit)) {
      throw new StackError('build-failed', `${address.git.url} is not what --checksum says: its commit is ${commit}`)
    }
    const at = join('/', address.git.directory)
    const found = lookup(source.view, at)
    if (found !== undefined) return {source, item: {...found, at}, unpacks: false}
    throw new StackError('build-failed', `there is no "${address.git.directory}" in ${address.git.url}`)
  }
  const {path, modified} = await download(address.url, {
    directory: join(builds.directory, 'downloads'),
    checksum,
    signal,
  })
  const at = `/${nameOf(address.url)}`
  const file = join(directory, at)
  await link(path, file).catch(() => copyFile(path, file))
  await chmod(file, 0o600)
  await utimes(file, 0, (modified ?? 0) / 1000)
  const found = lookup(source.view, at)!
  return {source, item: {...found, at}, unpacks: instruction.unpack === true}
}

/** The last part of the path, as files may be called. */
function nameOf({pathname}: URL): string {
  const name = basename(decodeURIComponent(pathname)).replaceAll('\0', '')
  return ['', '.', '..', '/'].includes(name) ? 'download' : name
}
