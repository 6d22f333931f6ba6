import type {Diagnostic} from '../base/diagnostic.ts'
import {explain} from './explain.ts'
import type {Path} from './path.ts'
import {type Entry, type MapTree, type Tree, toPlain} from './tree.ts'
import validateSchema, {type SchemaError} from './validate.generated.mjs'

/** The tree without what does not fit the schema, so that later stages can go on and find more. */
export type Validated = {
  readonly tree: MapTree
  readonly problems: readonly Diagnostic[]
  readonly broken: readonly Path[]
}

export function validate(tree: MapTree, {isFragment}: {readonly isFragment: boolean}): Validated {
  const whole = withoutResets(tree) as MapTree
  if (validateSchema(toPlain(whole))) return {tree, problems: [], broken: []}
  const errors = (validateSchema.errors ?? []).filter(isCause)
  const all = errors.map(error => ({path: pathOf(error.instancePath, whole), error}))
  const found = isFragment ? all.filter(({path, error}) => error.keyword !== 'required' || isComplete(path)) : all
  const broken = found.map(({path, error}) => removed(path, error))
  return {
    tree: without(tree, broken),
    problems: found.map(({path, error}) => explain(error, path, whole)),
    broken,
  }
}

/** What a schema says twice is told once: a name that does not fit is both a pattern and a propertyNames error. */
const isCause = (error: SchemaError): boolean => error.keyword !== 'propertyNames'

/** Whether a map is never merged with another file's: what it does not have it will not get. */
const isComplete = (path: Path): boolean => path.some(part => typeof part === 'number') || path.includes('ulimits')

function removed(path: Path, error: SchemaError): Path {
  if (error.keyword === 'additionalProperties') return [...path, String(error.params.additionalProperty)]
  return error.propertyName === undefined ? path : [...path, error.propertyName]
}

/** The keys of a JSON pointer, list positions as numbers. */
function pathOf(pointer: string, tree: Tree): Path {
  const path: (string | number)[] = []
  let at: Tree | undefined = tree
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(at?.kind === 'list' ? Number(key) : key)
    at = at?.kind === 'list' ? at.items[Number(key)] : at?.kind === 'map' ? at.entries.get(key)?.value : undefined
  }
  return path
}

/** `!reset` values stand for nothing, whatever they are. */
function withoutResets(tree: Tree): Tree {
  if (tree.kind === 'list') return {...tree, items: tree.items.map(withoutResets)}
  if (tree.kind === 'scalar') return tree
  const entries = new Map<string, Entry>()
  for (const [key, {key: at, value}] of tree.entries) {
    if (value.mark !== 'reset') entries.set(key, {key: at, value: withoutResets(value)})
  }
  return {...tree, entries}
}

type Removal = {whole: boolean; readonly below: Map<string, Removal>}

/** The tree without the values at these paths. */
export function without(tree: MapTree, paths: readonly Path[]): MapTree {
  const root: Removal = {whole: false, below: new Map()}
  for (const path of paths) {
    let at = root
    for (const part of path) {
      const next: Removal = at.below.get(String(part)) ?? {whole: false, below: new Map()}
      at.below.set(String(part), next)
      at = next
    }
    at.whole = true
  }
  return (cut(tree, root) as MapTree | undefined) ?? {...tree, entries: new Map()}
}

function cut(tree: Tree, removal: Removal | undefined): Tree | undefined {
  if (removal === undefined) return tree
  if (removal.whole) return undefined
  if (tree.kind === 'list') {
    const items = tree.items.map((item, index) => cut(item, removal.below.get(String(index))))
    return {...tree, items: items.filter(item => item !== undefined)}
  }
  if (tree.kind === 'scalar') return tree
  const entries = new Map<string, Entry>()
  for (const [key, entry] of tree.entries) {
    const value = cut(entry.value, removal.below.get(key))
    if (value !== undefined) entries.set(key, {key: entry.key, value})
  }
  return {...tree, entries}
}
