import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {errnoOf, StackError} from '../../base/error.ts'
import {run} from '../../runtime/image/program.ts'
import type {GitAddress} from './address.ts'

export type GitOptions = {
  readonly signal: AbortSignal
  /** An agent's socket, for addresses by ssh. */
  readonly agent?: string | undefined
  readonly keepGitDir?: boolean
}

/** Nothing of this machine is asked for by a repository's address or its submodules. */
const transports = 'http:https:git:ssh'

/** Fetches a commit, with its submodules, into an empty directory. Gives the commit's digest. */
export async function fetchGit(
  {url, ref}: GitAddress,
  directory: string,
  {signal, agent, keepGitDir = false}: GitOptions,
): Promise<string> {
  const env = {
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: transports,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    ...(agent === undefined ? {} : {SSH_AUTH_SOCK: agent}),
  }
  const git = async (...words: string[]) => {
    // Modes are the same whoever checks out.
    const {status, stdout, stderr} = await run('sh', ['-c', 'umask 022; exec git "$@"', 'git', ...words], {
      cwd: directory,
      env,
      signal,
    }).catch(error => {
      signal.throwIfAborted()
      throw errnoOf(error) === 'ENOENT' ? missing() : error
    })
    if (status === 127) throw missing()
    if (status !== 0) throw new StackError('build-failed', `git ${words[0]}: ${lastOf(stderr)}`)
    return stdout.trim()
  }
  await git('init', '-q')
  if (ref?.startsWith('-')) throw new StackError('bad-request', `"${ref}" is no branch, tag or commit`)
  const wanted = ref ?? 'HEAD'
  // What cannot be fetched alone, or by its digest, is there when all is.
  const commit = await git('fetch', '-q', '--depth=1', '--no-tags', '--', url, wanted)
    .catch(() => git('fetch', '-q', '--no-tags', '--', url, wanted))
    .then(() => 'FETCH_HEAD')
    .catch(async first => {
      signal.throwIfAborted()
      await git('fetch', '-q', '--', url, '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*').catch(
        () => {
          throw first
        },
      )
      return wanted
    })
  const digest = await git('rev-parse', '--verify', '--end-of-options', `${commit}^{commit}`)
  await git('checkout', '-q', '--detach', digest)
  // Relative addresses of submodules are meant from here.
  await git('remote', 'add', 'origin', url)
  await git('submodule', '--quiet', 'update', '--init', '--recursive')
  if (!keepGitDir) await rm(join(directory, '.git'), {recursive: true, force: true})
  return digest
}

const lastOf = (text: string): string => text.trim().split('\n').slice(-2).join('; ') || 'failed'

const missing = () => new StackError('unsupported', 'the program git is not there', {hint: 'install git'})
