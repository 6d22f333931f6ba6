import {isCdiName} from '../../base/device-rule.ts'
import {
  type Entry,
  get,
  itemsOf,
  list,
  type MapTree,
  map,
  mapOf,
  scalar,
  type Tree,
  textOf,
  withEntry,
} from '../tree.ts'
import {each, type Form, type FormContext, refuse} from './form.ts'
import {hostEntries, parseHost} from './hosts.ts'
import {parsePort} from './ports.ts'
import {textOfScalar} from './scalars.ts'
import {parseVolume} from './volumes.ts'
import {splitWords} from './words.ts'

/** `K=V` items, or a map: the map. A key alone has no value (null). */
export const mapping: Form = (tree, context) => {
  if (tree.kind === 'scalar') return tree
  const entries = new Map<string, Entry>()
  const add = (key: string, at: Entry['key'], value: Tree) => {
    if (key === '' || /\s$/.test(key)) refuse(value, `the name "${key}" is empty or ends with a space`, context)
    else entries.set(key, {key: at, value})
  }
  if (tree.kind === 'map') {
    for (const [key, entry] of tree.entries) add(key, entry.key, stringified(entry.value))
    return {...tree, entries}
  }
  for (const item of tree.items) {
    const text = item.kind === 'scalar' ? textOfScalar(item.value) : ''
    const equals = text.indexOf('=')
    add(equals < 0 ? text : text.slice(0, equals), item.at, scalar(equals < 0 ? null : text.slice(equals + 1), item.at))
  }
  return {...map(entries, tree.at), ...(tree.mark && {mark: tree.mark})}
}

/** Labels and the like: without a value they are empty. */
export const labels: Form = (tree, context) => {
  const mapped = mapping(tree, context)
  if (mapped?.kind !== 'map') return mapped
  const entries = [...mapped.entries].map(([key, {key: at, value}]) => [key, {key: at, value: filled(value)}] as const)
  return {...mapped, entries: new Map(entries)}
}

const filled = (value: Tree): Tree => (value.kind === 'scalar' && value.value === null ? {...value, value: ''} : value)
const stringified = (value: Tree): Tree =>
  value.kind === 'scalar' && value.value !== null ? {...value, value: textOfScalar(value.value)} : value

/** A list of names, or a map: the map, each name with what the short form means. */
export const named =
  (meaning: (at: Tree) => Tree): Form =>
  tree => {
    if (tree.kind !== 'list') return tree
    const entries = new Map<string, Entry>()
    for (const item of tree.items) {
      if (item.kind === 'scalar') entries.set(String(item.value), {key: item.at, value: meaning(item)})
    }
    return {...map(entries, tree.at), ...(tree.mark && {mark: tree.mark})}
  }

/** One string, or a list of them: the list. */
export const listed: Form = tree =>
  tree.kind === 'scalar' && tree.value !== null
    ? {...list([{...tree}], tree.at), ...(tree.mark && {mark: tree.mark})}
    : tree

/** Items that variables have left empty are none. */
export const withoutEmpty = (tree: Tree | undefined): Tree | undefined =>
  tree?.kind === 'list' ? {...tree, items: tree.items.filter(item => textOf(item) !== '')} : tree

/** A command line becomes words; null stays: it is the image's. */
export const words: Form = (tree, context) => {
  if (tree.kind !== 'scalar' || tree.value === null) return tree
  const split = splitWords(String(tree.value))
  if (split === undefined) return refuse(tree, 'a quote is not closed', context)
  return {
    ...list(
      split.map(word => scalar(word, tree.at)),
      tree.at,
    ),
    ...(tree.mark && {mark: tree.mark}),
  }
}

/** A shell line, as `healthcheck.test` means it. */
export const shellLine: Form = tree =>
  tree.kind === 'scalar' ? list([scalar('CMD-SHELL', tree.at), tree], tree.at) : tree

/** A string that stands for a map with one key. */
export const wrapped =
  (key: string): Form =>
  tree =>
    tree.kind === 'scalar' && tree.value !== null
      ? {
          ...mapOf({[key]: {kind: 'scalar', value: tree.value, at: tree.at}}, tree.at),
          ...(tree.mark && {mark: tree.mark}),
        }
      : tree

export const ports: Form = each((item, context) => {
  if (item.kind !== 'scalar') return longPort(item, context)
  const parsed = parsePort(String(item.value))
  return typeof parsed === 'string' ? refuse(item, parsed, context) : parsed.map(port => treeOf(port, item))
})

const longPort = (item: Tree, _context: FormContext): Tree => {
  if (item.kind !== 'map') return item
  const entries = new Map(item.entries)
  const published = entries.get('published')
  if (published !== undefined) entries.set('published', {key: published.key, value: stringified(published.value)})
  const missing = {mode: 'ingress', protocol: 'tcp'}
  for (const [key, value] of Object.entries(missing)) {
    if (!entries.has(key)) entries.set(key, {key: item.at, value: scalar(value, item.at)})
  }
  return {...item, entries}
}

export const volumes: Form = each((item, context) => {
  if (item.kind !== 'scalar') return item
  const parsed = parseVolume(String(item.value))
  return typeof parsed === 'string' ? refuse(item, parsed, context) : treeOf(parsed, item)
})

/** `HOST[:CONTAINER[:rwm]]` */
export const devices: Form = each((item, context) => {
  if (item.kind === 'map') return withMissing(item, {target: get(item, 'source'), permissions: scalar('rwm', item.at)})
  if (item.kind !== 'scalar' || item.value === null) return item
  const written = String(item.value)
  if (isCdiName(written)) return treeOf({source: written, target: written, permissions: 'rwm'}, item)
  const [source = '', target = source, permissions = 'rwm', ...more] = written.split(':')
  if (more.length > 0)
    return refuse(item, `"${written}" has too many colons: write source, target and permissions`, context)
  return treeOf({source, target: target || source, permissions}, item)
})

function withMissing(tree: MapTree, members: Readonly<Record<string, Tree | undefined>>): MapTree {
  const entries = new Map(tree.entries)
  for (const [key, value] of Object.entries(members)) {
    if (value !== undefined && !entries.has(key)) entries.set(key, {key: tree.at, value})
  }
  return {...tree, entries}
}

/** Devices by what they can do: all that there are, where it does not say how many or which. */
export const deviceRequest: Form = (tree, context) => {
  if (tree.kind !== 'map') return tree
  const count = tree.entries.get('count')
  if (count === undefined && tree.entries.has('device_ids')) return tree
  const asked = count === undefined ? 'all' : textAt(count.value).toLowerCase()
  if (asked !== 'all' && !/^(?:-1|\d+)$/.test(asked))
    return refuse(count!.value, `count "${asked}" is not a number or all`, context)
  const value = scalar(asked === 'all' ? -1 : Number(asked), count?.value.at ?? tree.at)
  return withEntry(tree, 'count', {key: count?.key ?? tree.at, value})
}

/** Where a secret is found that does not say it. */
export function secretTarget(tree: Tree | undefined): Tree | undefined {
  const source = textOf(get(tree, 'source'))
  if (tree?.kind !== 'map' || tree.entries.has('target') || source === undefined) return tree
  return withEntry(tree, 'target', {key: tree.at, value: scalar(`/run/secrets/${source}`, tree.at)})
}

/** `external: {name: x}`, as it was written once: the name belongs beside it. */
export const externalName: Form = tree => {
  const external = get(tree, 'external')
  if (tree.kind !== 'map' || external?.kind !== 'map') return tree
  const entries = new Map(tree.entries)
  entries.set('external', {key: external.at, value: scalar(true, external.at)})
  const name = external.entries.get('name')
  if (name !== undefined && !entries.has('name')) entries.set('name', name)
  return {...tree, entries}
}

/** The canonical form is a list of `HOST=IP`. */
export const hosts: Form = (tree, context) => {
  const written =
    tree.kind === 'map'
      ? [...tree.entries].flatMap(([host, {value}]) => addressesOf(value).map(at => ({host, at})))
      : []
  const parsed = [
    ...written.map(({host, at}) => ({item: at, entries: hostEntries(host, textAt(at))})),
    ...itemsOf(tree).map(item => ({item, entries: parseHost(textAt(item))})),
  ]
  const items = parsed.flatMap(({item, entries}) => {
    if (typeof entries === 'string') return refuse(item, entries, context) ?? []
    return entries.map(({host, address}) => scalar(`${host}=${address}`, item.at))
  })
  return tree.kind === 'scalar' ? tree : {...list(items, tree.at), ...(tree.mark && {mark: tree.mark})}
}

const addressesOf = (value: Tree): readonly Tree[] => (value.kind === 'list' ? value.items : [value])
const textAt = (tree: Tree): string => (tree.kind === 'scalar' ? textOfScalar(tree.value) : '')

/** Plain data where it was written. */
export function treeOf(value: unknown, {at}: {readonly at: Tree['at']}): Tree {
  if (value === null || typeof value !== 'object') return scalar(value as string, at)
  if (Array.isArray(value))
    return list(
      value.map(item => treeOf(item, {at})),
      at,
    )
  const members = Object.entries(value).map(([key, each]) => [key, {key: at, value: treeOf(each, {at})}] as const)
  return {kind: 'map', entries: new Map(members), at} satisfies MapTree
}
