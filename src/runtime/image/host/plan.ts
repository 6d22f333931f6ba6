import {existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {freshFiles, isCertificate, isPublicLink, publicDirectories, publicFiles} from './etc.ts'

/** Everything of the small layer, by path relative to the root; parents are made. */
export type Entry =
  | {readonly path: string; readonly kind: 'directory'; readonly mode: number}
  | {readonly path: string; readonly kind: 'file'; readonly text: Uint8Array}
  | {readonly path: string; readonly kind: 'link'; readonly to: string}

/** The layer, and the host's directories that are mounted over it, by what the host has now. */
export type HostPlan = {readonly entries: readonly Entry[]; readonly overlays: readonly string[]}

const merged = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']

const directories: ReadonlyArray<readonly [string, number]> = [
  ['dev', 0o755],
  ['etc', 0o755],
  ['home/user', 0o755],
  ['mnt', 0o755],
  ['opt', 0o755],
  ['proc', 0o555],
  ['root', 0o700],
  ['run/lock', 0o1777],
  ['srv', 0o755],
  ['sys', 0o555],
  ['tmp', 0o1777],
  ['usr', 0o755],
  ['var/cache', 0o755],
  ['var/lib', 0o755],
  ['var/log', 0o755],
  ['var/tmp', 0o1777],
]

export function planHost(host = '/'): HostPlan {
  const top = merged.map(name => ({name, found: lstatSync(join(host, name), {throwIfNoEntry: false})}))
  const links = top.filter(each => each.found?.isSymbolicLink())
  const real = top.filter(each => each.found?.isDirectory())
  return {
    entries: [
      ...directories.map(([path, mode]): Entry => ({path, kind: 'directory', mode})),
      ...links.map(({name}) => link(name, readlinkSync(join(host, name)))),
      ...real.map(({name}): Entry => ({path: name, kind: 'directory', mode: 0o755})),
      link('var/run', '/run'),
      link('var/lock', '/run/lock'),
      ...Object.entries(freshFiles).map(([name, text]): Entry => file(`etc/${name}`, Buffer.from(text))),
      ...publicFiles.flatMap(name => wholeFile(host, `etc/${name}`)),
      ...publicDirectories.flatMap(each => directory(host, each)),
      ...osRelease(host),
      ...localTime(host),
    ],
    overlays: ['/usr', ...real.map(({name}) => `/${name}`)],
  }
}

const file = (path: string, text: Uint8Array): Entry => ({path, kind: 'file', text})
const link = (path: string, to: string): Entry => ({path, kind: 'link', to})

function wholeFile(host: string, path: string): Entry[] {
  const from = join(host, path)
  return statSync(from, {throwIfNoEntry: false})?.isFile() ? [file(path, readFileSync(from))] : []
}

function directory(host: string, {path, of}: (typeof publicDirectories)[number]): Entry[] {
  const from = join(host, 'etc', path)
  if (!existsSync(from)) return []
  return readdirSync(from).flatMap(name => entry(join(from, name), {path: `etc/${path}/${name}`, of}))
}

function entry(from: string, {path, of}: (typeof publicDirectories)[number]): Entry[] {
  const target = lstatSync(from).isSymbolicLink() ? readlinkSync(from) : undefined
  if (target !== undefined && isPublicLink(target)) return [link(path, target)]
  if (of === 'links' || !statSync(from, {throwIfNoEntry: false})?.isFile()) return []
  const content = readFileSync(from)
  return of === 'loader' || isCertificate(content.toString('latin1')) ? [file(path, content)] : []
}

function osRelease(host: string): Entry[] {
  if (existsSync(join(host, 'usr/lib/os-release'))) return [link('etc/os-release', '../usr/lib/os-release')]
  return wholeFile(host, 'etc/os-release')
}

/** The time zone by its name in /usr/share/zoneinfo. */
function localTime(host: string): Entry[] {
  const path = join(host, 'etc/localtime')
  const target = lstatSync(path, {throwIfNoEntry: false})?.isSymbolicLink() ? readlinkSync(path) : ''
  const zone =
    join(dirname('/etc/localtime'), target).includes('/usr/share/zoneinfo/') ||
    target.startsWith('/usr/share/zoneinfo/')
  return zone ? [link('etc/localtime', target)] : []
}
