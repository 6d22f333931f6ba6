import {mkdir} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {StackError} from '../../base/error.ts'
import {lookup, type RootView} from '../../runtime/container/root-view.ts'
import {type Change, type Changes, changesOf, refusalOf} from '../../runtime/image/unpack/changes.ts'
import {statsOf} from './digest.ts'
import type {Item} from './source.ts'

export type Owner = {readonly uid: number; readonly gid: number}
export type Attributes = {readonly owner?: Owner; readonly mode?: (mode: number, isDirectory: boolean) => number}

const mostImplied = 1_000_000

/** Writes files over what a view has, into directories that become layers: one for the root, one for each overlay. */
export type Writer = ReturnType<typeof writerOver>

export function writerOver(view: RootView, workplace: string) {
  const targets = [{target: '/', layers: view.layers}, ...view.overlays].map((each, index) => ({
    ...each,
    directory: join(workplace, `layer-${index}`),
    changes: undefined as Changes | undefined,
  }))
  const real = new Map<string, string>([['/', '/']])
  const made = new Set<string>()

  async function add(path: string, change: Change): Promise<void> {
    const place = targets.findLast(
      each => each.target === '/' || path === each.target || path.startsWith(`${each.target}/`),
    )!
    place.changes ??= await begin(place)
    const below = place.target === '/' ? path.slice(1) : path.slice(place.target.length + 1)
    await place.changes.add(Buffer.from(below).toString('latin1'), change)
  }

  async function begin({directory, layers}: (typeof targets)[number]): Promise<Changes> {
    await mkdir(directory, {recursive: true})
    const changes = changesOf({root: directory, kind: 'layer', mostImplied, explain: refusalOf})
    await changes.add('', {change: 'like', from: Buffer.from(layers[0]!)})
    return changes
  }

  /** A directory by the name that it has without links; made, with those that it is in, where it is not there. */
  async function directory(path: string, owner: Owner = {uid: 0, gid: 0}): Promise<string> {
    const known = real.get(path)
    if (known !== undefined) return known
    const above = await directory(dirname(path), owner)
    const wanted = join(above, basename(path))
    const found = made.has(wanted) ? undefined : lookup(view, wanted)
    if (found?.kind === 'file') throw new StackError('build-failed', `${path} is not a directory`)
    const there = found?.path ?? wanted
    if (found === undefined || made.has(there) === false) await place(there, found?.directories[0], owner)
    real.set(path, there)
    return there
  }

  async function place(path: string, like: string | undefined, owner: Owner): Promise<void> {
    if (made.has(path) || path === '/' || targets.some(each => each.target === path)) return
    if (like !== undefined) await place(dirname(path), hostOf(dirname(path)), owner)
    made.add(path)
    await add(path, {change: 'directory'})
    if (like === undefined) await add(path, attributesOf({...owner, mode: 0o755, mtimeMs: Date.now()}))
    else await add(path, {change: 'like', from: Buffer.from(like)})
  }

  function hostOf(path: string): string | undefined {
    const found = lookup(view, path)
    return found?.kind === 'directory' ? found.directories[0] : undefined
  }

  return {
    directory,

    /** Whether a directory is there, before anything was written. */
    isDirectory: (path: string): boolean => made.has(path) || lookup(view, path)?.kind === 'directory',

    /** A directory, for what is copied into it; one that was there keeps its owner and mode. */
    async make(to: string, {owner = {uid: 0, gid: 0}, mode}: Attributes): Promise<void> {
      const wasThere = this.isDirectory(to)
      const path = await directory(to, owner)
      if (wasThere || mode === undefined) return
      await add(path, attributesOf({...owner, mode: mode(0o755, true), mtimeMs: Date.now()}))
    },

    async copy(item: Item, to: string, {owner, mode}: Attributes): Promise<void> {
      const stats = statsOf(item)
      const own = {
        uid: owner?.uid ?? stats.uid,
        gid: owner?.gid ?? stats.gid,
        mode: mode?.(stats.mode & 0o7777, item.kind === 'directory') ?? stats.mode & 0o7777,
        mtimeMs: stats.mtimeMs,
      }
      if (item.kind === 'directory') {
        const wasThere = this.isDirectory(to)
        const path = await directory(to, own)
        // One that was there keeps its owner and mode.
        return wasThere ? undefined : await add(path, attributesOf(own))
      }
      const path = await fileAt(to, owner)
      await add(path, {change: 'copy', from: Buffer.from(item.hostPath)})
      // A change of owner takes a file's capabilities away: none is made that changes nothing.
      const isLink = stats.isSymbolicLink()
      const isSame = own.uid === stats.uid && own.gid === stats.gid && (isLink || own.mode === (stats.mode & 0o7777))
      if (!isSame) await add(path, attributesOf(own))
    },

    async write(
      to: string,
      data: Uint8Array,
      {owner, mode}: {readonly owner: Owner; readonly mode: number},
    ): Promise<void> {
      const path = await fileAt(to, owner)
      await add(path, {change: 'file', data})
      await add(path, attributesOf({...owner, mode, mtimeMs: Date.now()}))
    },

    /** What was written, when all of it is there. */
    async finish(): Promise<ReadonlyArray<{target: string; directory: string}>> {
      for (const {changes} of targets) await changes?.settle()
      return targets.flatMap(({target, directory: from, changes}) =>
        changes === undefined ? [] : [{target, directory: from}],
      )
    },
  }

  async function fileAt(to: string, owner: Owner | undefined): Promise<string> {
    const path = join(await directory(dirname(to), owner), basename(to))
    if (made.has(path) || lookup(view, path)?.kind === 'directory') {
      throw new StackError('build-failed', `${to} is a directory, and a file cannot take its place`, {
        hint: `write ${to}/ to put it there`,
      })
    }
    return path
  }
}

function attributesOf({uid, gid, mode, mtimeMs}: Owner & {mode: number; mtimeMs: number}): Change {
  const seconds = Math.floor(mtimeMs / 1000)
  const nanoseconds = Math.floor((mtimeMs - seconds * 1000) * 1e6)
  return {change: 'attributes', uid, gid, mode, seconds, nanoseconds, xattrs: []}
}
