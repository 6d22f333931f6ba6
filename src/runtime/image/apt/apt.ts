import {mkdir, readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {StackError} from '../../../base/error.ts'
import {suggest} from '../../../base/suggest.ts'
import {type Outcome, run} from '../program.ts'
import {type PackageChoice, written} from '../reference.ts'
import {parseStanzas, type Stanza} from './stanza.ts'

export type Apt = ReturnType<typeof openApt>

/**
 * The host's apt, asked for what is in its archives. It never sees what is installed here (an empty status file), so
 * the answer is the same on every machine with the same package lists; its index is kept in `cache`.
 */
export function openApt(cache: string) {
  const options = [
    'Dir::State::status=/dev/null',
    `Dir::Cache::pkgcache=${join(cache, 'pkgcache.bin')}`,
    'Dir::Cache::srcpkgcache=',
    'APT::Sandbox::User=root',
  ].flatMap(each => ['-o', each])

  async function ask(program: string, args: readonly string[], cwd = '/'): Promise<Outcome> {
    await mkdir(cache, {recursive: true, mode: 0o755})
    try {
      return await run(program, [...options, ...args], {cwd})
    } catch (cause) {
      throw noApt(program, cause)
    }
  }

  return {
    cache,
    /** Names of everything that these could need, alternatives and providers too. */
    async reachable(names: readonly string[]): Promise<string[]> {
      const {stdout} = await ask('apt-cache', ['depends', '--recurse', '--important', ...names])
      return [...new Set((stdout.match(/^[^\s<|].*$/gm) ?? []).map(each => each.replace(/:.*$/, '')))]
    },
    async namesLike(beginning: string): Promise<string[]> {
      const {stdout} = await ask('apt-cache', ['pkgnames', beginning])
      return stdout.split('\n').filter(each => each !== '')
    },
    /** In the version that apt prefers. */
    async show(names: readonly string[]): Promise<Stanza[]> {
      const {stdout} = await ask('apt-cache', ['show', '--no-all-versions', ...names])
      return parseStanzas(stdout)
    },
    async showVersions(choices: readonly PackageChoice[]): Promise<Stanza[]> {
      const {stdout} = await ask('apt-cache', ['show', ...choices.map(written)])
      return parseStanzas(stdout)
    },
    /** Into a directory; apt checks signatures and sums. */
    download: (choices: readonly PackageChoice[], directory: string) =>
      ask('apt-get', ['-qq', 'download', ...choices.map(written)], directory),
  }
}

function noApt(program: string, cause: unknown): StackError {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
    return new StackError('image-failed', `run ${program}`, {cause})
  return new StackError('image-failed', `apt:// images are made by the host's apt, and there is no ${program} here`, {
    hint: 'host:// runs the programs of this host; NAME:TAG is fetched from a registry',
  })
}

/** The error for a package that the lists do not have. */
export async function notThere(name: string, apt: Apt): Promise<StackError> {
  if (!(await hasLists())) {
    return new StackError('image-failed', 'apt has no package lists on this host', {hint: 'get them: apt-get update'})
  }
  const near = suggest(name, await apt.namesLike(name.slice(0, 3)))
  return new StackError('image-not-found', `apt knows no package "${name}"`, {
    hint:
      near === undefined
        ? 'look for it: apt-cache search WORD; newer lists: apt-get update'
        : `did you mean apt://${near}?`,
  })
}

async function hasLists(): Promise<boolean> {
  const files = await readdir('/var/lib/apt/lists').catch(() => [])
  return files.some(each => each.includes('_Packages'))
}
