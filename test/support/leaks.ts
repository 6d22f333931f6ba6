import {execFileSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {join} from 'node:path'

/** Everything that a test may leave on its host, a line each, asked of the kernel and not of us. */
export function whatIsThere(): Set<string> {
  return new Set([
    ...names('/sys/class/net').map(each => `link ${each}`),
    ...mounts().map(each => `mount ${each}`),
    ...namespaces().map(each => `network namespace ${each}`),
    ...tables().map(each => `nft ${each}`),
    ...cgroups().map(each => `cgroup ${each}`),
    ...processes().map(({pid, args}) => `process ${pid} ${args}`),
    ...files().map(each => `file ${each}`),
  ])
}

/** Lines of `after` that `before` does not have. */
export const leftBehind = (before: ReadonlySet<string>, after: ReadonlySet<string>): string[] =>
  [...after].filter(each => !before.has(each))

const names = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : [])

const mounts = (): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => line.split(' ')[4]!)

const tables = (): string[] => execFileSync('nft', ['list', 'tables'], {encoding: 'utf8'}).split('\n').filter(Boolean)

/** Those that a process is in; pinned ones are mounts. */
function namespaces(): string[] {
  const own = readlinkSync('/proc/self/ns/net')
  const found = processes().flatMap(({pid}) => ask(() => readlinkSync(`/proc/${pid}/ns/net`)) ?? [])
  return [...new Set(found)].filter(each => each !== own)
}

/** The processes of this host but those of the test runner: it starts and ends workers as it likes, and a worker's monitors are copies of one that ends with it. */
export function processes(): Array<{pid: number; args: string}> {
  return names('/proc')
    .filter(each => /^\d+$/.test(each) && each !== '1' && each !== String(process.pid))
    .flatMap(pid => {
      const args = ask(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim())
      return args ? [{pid: Number(pid), args}] : []
    })
    .filter(({args}) => !/\bvitest\b|esbuild --service|private-host|^stack-starter$/.test(args))
}

/** In every tree: a hybrid machine has a dozen. */
function cgroups(): string[] {
  const parent = process.env.STACK_CGROUP_PARENT ?? 'stack'
  const trees = ['', ...names('/sys/fs/cgroup')].map(each => join('/sys/fs/cgroup', each, parent))
  return trees.filter(existsSync).flatMap(tree =>
    readdirSync(tree, {recursive: true, withFileTypes: true})
      .filter(each => each.isDirectory())
      .map(each => join(each.parentPath, each.name)),
  )
}

/** Where records and what is being deleted are. */
const kept = ['containers', 'containers/.trash', 'networks', 'volumes', 'volumes/.trash']

const files = (): string[] => [
  // Images, seccomp filters and the daemon's log are kept on purpose.
  ...['/run/stack', '/run/netns', ...kept.map(each => `/var/lib/stack/${each}`)].flatMap(root =>
    names(root)
      .filter(each => each !== '.trash')
      .map(each => join(root, each)),
  ),
  ...names('/tmp')
    .filter(each => !/^(node-compile-cache|vitest|v8-compile-cache)/.test(each))
    .map(each => join('/tmp', each)),
]

/** What is gone by the time we look has not been left. */
function ask<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
