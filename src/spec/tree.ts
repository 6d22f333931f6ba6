import type {Span} from '../base/diagnostic.ts'

export type Scalar = string | number | boolean | null
/** What a tag in the file said about merging: `!reset` removes what came before, `!override` replaces it. */
export type Mark = 'reset' | 'override'

/** A value that remembers where it was written, through every stage. */
export type Tree = ScalarTree | ListTree | MapTree
export type ScalarTree = Written & {
  readonly kind: 'scalar'
  readonly value: Scalar
  /** The name of the environment's variable that gave the value, where the file only names it. */
  readonly variable?: string
}
export type ListTree = Written & {readonly kind: 'list'; readonly items: readonly Tree[]}
export type MapTree = Written & {readonly kind: 'map'; readonly entries: Entries}
type Written = {
  readonly at: Span
  readonly mark?: Mark
  /** What an earlier file or a base said, and this took the place of. */
  readonly shadows?: Tree
}
export type Entries = ReadonlyMap<string, Entry>
export type Entry = {readonly key: Span; readonly value: Tree}

export type Plain = Scalar | readonly Plain[] | {readonly [key: string]: Plain}

export const scalar = (value: Scalar, at: Span): ScalarTree => ({kind: 'scalar', value, at})
export const list = (items: readonly Tree[], at: Span): ListTree => ({kind: 'list', items, at})
export const map = (entries: Entries, at: Span): MapTree => ({kind: 'map', entries, at})

/** A map whose keys were not written as such: each entry's key points at its value. */
export function mapOf(members: Readonly<Record<string, Tree | undefined>>, at: Span): MapTree {
  const entries = new Map<string, Entry>()
  for (const [key, value] of Object.entries(members)) {
    if (value !== undefined) entries.set(key, {key: value.at, value})
  }
  return {kind: 'map', entries, at}
}

/** The same tree with another tree's mark, for a form that replaces it. */
export function marked<T extends Tree>(tree: T, mark: Mark | undefined): T {
  return mark === undefined ? tree : {...tree, mark}
}

/** The same tree, in the place of another one. */
export function instead<T extends Tree>(tree: T, base: Tree | undefined): T {
  return base === undefined || base === tree ? tree : {...tree, shadows: base}
}

export function get(tree: Tree | undefined, ...keys: readonly string[]): Tree | undefined {
  let at = tree
  for (const key of keys) at = at?.kind === 'map' ? at.entries.get(key)?.value : undefined
  return at
}

export function entriesOf(tree: Tree | undefined): Entries {
  return tree?.kind === 'map' ? tree.entries : empty
}
const empty: Entries = new Map()

export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.kind === 'list' ? tree.items : []
}

export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : undefined
}

export function withEntry(tree: MapTree, key: string, entry: Entry): MapTree {
  return {...tree, entries: new Map(tree.entries).set(key, entry)}
}

export function toPlain(tree: Tree): Plain {
  switch (tree.kind) {
    case 'scalar':
      return tree.value
    case 'list':
      return tree.items.map(toPlain)
    case 'map': {
      // No prototype: a key called __proto__ is a key like any other.
      const plain: Record<string, Plain> = Object.create(null)
      for (const [key, entry] of tree.entries) plain[key] = toPlain(entry.value)
      return plain
    }
  }
}

export function withoutKeys(tree: MapTree, keys: readonly string[]): MapTree {
  const entries = new Map(tree.entries)
  for (const key of keys) entries.delete(key)
  return {...tree, entries}
}

/** The model with every service changed. */
export function withServices(model: MapTree, change: (service: MapTree) => Tree): MapTree {
  const services = model.entries.get('services')
  if (services?.value.kind !== 'map') return model
  const entries = new Map<string, Entry>()
  for (const [name, {key, value}] of services.value.entries) {
    entries.set(name, {key, value: value.kind === 'map' ? change(value) : value})
  }
  return withEntry(model, 'services', {key: services.key, value: {...services.value, entries}})
}
