import {basename, join} from 'node:path/posix'
import {childrenOf, type Found, lookup, type RootView} from '../../runtime/container/root-view.ts'
import {expressionOf, type Ignore, type Matches, parseIgnore} from '../context/ignore.ts'

/** Files that can be copied: a build's context, or what an image or a stage has. */
export type Source = {
  readonly view: RootView
  readonly ignore: Ignore
  /** Its owners mean nothing: root's are meant. */
  readonly isContext: boolean
}

export type Item = Found & {
  /** From the source's root: `/src/a.js`. */
  readonly at: string
}

export const nothingIgnored: Ignore = parseIgnore('')
export const imageSource = (view: RootView): Source => ({view, ignore: nothingIgnored, isContext: false})
export const directorySource = (directory: string, ignore: Ignore): Source => ({
  view: {layers: [directory], overlays: []},
  ignore,
  isContext: true,
})

/** What a path or a pattern names, links on the way followed; of a context without what is ignored. */
export function match(source: Source, pattern: string): Item[] {
  const root: Item = {...lookup(source.view, '/')!, at: '/'}
  let found: Item[] = [root]
  for (const part of join('/', pattern).split('/')) {
    if (part === '') continue
    found = /[*?[]/.test(part)
      ? found.flatMap(each => matching(source, each, part))
      : found.flatMap(each => step(source, each, part))
  }
  return found.filter(each => each.at === '/' || !isIgnored(source, each))
}

function step({view}: Source, {at}: Item, name: string): Item[] {
  const path = join(at, name)
  const found = lookup(view, path) ?? linkAt(view, path)
  return found === undefined ? [] : [{...found, at: path}]
}

/** A link that leads nowhere is copied as it is. */
function linkAt(view: RootView, path: string): Found | undefined {
  const above = lookup(view, join(path, '..'))
  return above?.kind === 'directory' ? childrenOf(view, above).get(basename(path)) : undefined
}

function matching({view}: Source, item: Item, pattern: string): Item[] {
  if (item.kind !== 'directory') return []
  const expression = new RegExp(`^${expressionOf(pattern)}$`, 's')
  return [...childrenOf(view, item)]
    .filter(([name]) => expression.test(name))
    .sort(byName)
    .map(([name, found]) => ({...(lookup(view, found.path) ?? found), at: join(item.at, name)}))
}

/** Itself and all below it, parents first, in the order of names; links as links. */
export function* walk(source: Source, item: Item): Generator<Item> {
  yield* walkBelow(source, item, matchesAt(source, item.at))
}

function* walkBelow(source: Source, item: Item, above: Matches): Generator<Item> {
  yield item
  if (item.kind !== 'directory') return
  for (const [name, found] of [...childrenOf(source.view, item)].sort(byName)) {
    const child: Item = {...found, at: join(item.at, name)}
    const {isIgnored, matches} = source.ignore.enter(child.at.slice(1), above)
    if (!isIgnored) yield* walkBelow(source, child, matches)
    else if (found.kind === 'directory' && source.ignore.mayHold(child.at.slice(1))) yield* kept(source, child, matches)
  }
}

/** An ignored directory is there where something below it is not ignored. */
function* kept(source: Source, item: Item, matches: Matches): Generator<Item> {
  const [itself, ...below] = walkBelow(source, item, matches)
  if (below.length > 0) yield* [itself!, ...below]
}

function matchesAt({ignore}: Source, path: string): Matches {
  const parts = path.split('/').filter(each => each !== '')
  return parts.reduce<Matches>(
    (above, _, index) => ignore.enter(parts.slice(0, index + 1).join('/'), above).matches,
    ignore.none,
  )
}

function isIgnored(source: Source, item: Item): boolean {
  const parts = item.at.split('/').filter(each => each !== '')
  let at = {isIgnored: false, matches: source.ignore.none}
  for (const index of parts.keys()) at = source.ignore.enter(parts.slice(0, index + 1).join('/'), at.matches)
  if (!at.isIgnored) return false
  if (item.kind !== 'directory' || !source.ignore.mayHold(item.at.slice(1))) return true
  return kept(source, item, at.matches).next().done === true
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)
