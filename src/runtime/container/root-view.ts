import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs'
import {join} from 'node:path'
import {native} from '../../native/binding.ts'

/**
 * A container's root as overlayfs would show it, without mounting it: `layers` uppermost first, and further overlays
 * at their targets. Symbolic links are followed inside the view only.
 */
export type RootView = {
  readonly layers: readonly string[]
  readonly overlays: ReadonlyArray<{readonly target: string; readonly layers: readonly string[]}>
}

/** What is at a path: a directory with the host directories that merge there, or a file of the host. */
export type Found =
  | {readonly kind: 'directory'; readonly path: string; readonly directories: readonly string[]}
  | {readonly kind: 'file'; readonly path: string; readonly hostPath: string; readonly stats: Stats}

type Level = {readonly name: string; readonly directories: readonly string[]}

const mostLinks = 40
const mostText = 4 << 20

/** Finds an absolute path of the container. */
export function lookup(view: RootView, path: string): Found | undefined {
  const rest = path.split('/')
  const levels: Level[] = [{name: '', directories: view.layers}]
  let links = 0
  while (rest.length > 0) {
    const name = rest.shift()!
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (levels.length > 1) levels.pop()
      continue
    }
    const entry = enter(view, levels, name)
    if (entry === undefined) return undefined
    if (entry.kind === 'directory') levels.push({name, directories: entry.directories})
    else if (entry.stats.isSymbolicLink()) {
      if (++links > mostLinks) return undefined
      const target = readlinkSync(entry.hostPath)
      if (target.startsWith('/')) levels.length = 1
      rest.unshift(...target.split('/'))
    } else return rest.some(each => each !== '') ? undefined : entry
  }
  return {kind: 'directory', path: pathOf(levels), directories: levels[levels.length - 1]!.directories}
}

/** What is in a directory that `lookup` found, by name. */
export function childrenOf(
  view: RootView,
  {path, directories}: Found & {readonly kind: 'directory'},
): Map<string, Found> {
  const children = new Map<string, Found>()
  for (const name of new Set(directories.flatMap(each => readdirSync(each)))) {
    const found = find(view, join(path, name), {directories, name})
    if (found !== undefined) children.set(name, found)
  }
  return children
}

/** Text of a regular file, '' where there is none: never a device or FIFO, never through a link that was put there meanwhile. */
export function readFrom(view: RootView, path: string): string {
  const found = lookup(view, path)
  if (found?.kind !== 'file') return ''
  const descriptor = openSync(found.hostPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor)
    return stats.isFile() && stats.size <= mostText ? readFileSync(descriptor, 'utf8') : ''
  } finally {
    closeSync(descriptor)
  }
}

function enter(view: RootView, levels: readonly Level[], name: string): Found | undefined {
  return find(view, pathOf([...levels, {name, directories: []}]), {
    directories: levels[levels.length - 1]!.directories,
    name,
  })
}

function find(view: RootView, path: string, {directories: all, name}: Level): Found | undefined {
  const overlay = view.overlays.findLast(each => each.target === path)
  if (overlay !== undefined) return {kind: 'directory', path, directories: overlay.layers}
  const directories: string[] = []
  for (const [index, directory] of all.entries()) {
    const hostPath = join(directory, name)
    const stats = lstatSync(hostPath, {throwIfNoEntry: false})
    if (stats === undefined) continue
    if (stats.isDirectory()) {
      directories.push(hostPath)
      if (index < all.length - 1 && native().isOpaque({path: hostPath})) break
    } else if (directories.length > 0 || isWhiteout(stats)) break
    else return {kind: 'file', path, hostPath, stats}
  }
  return directories.length > 0 ? {kind: 'directory', path, directories} : undefined
}

const isWhiteout = (stats: Stats): boolean => stats.isCharacterDevice() && stats.rdev === 0

const pathOf = (levels: readonly Level[]): string =>
  `/${levels
    .slice(1)
    .map(each => each.name)
    .join('/')}`
