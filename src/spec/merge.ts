import {type MergeRule, mergeRules} from './merge-rules.ts'
import {type Rules, ruleFor} from './pattern.ts'
import {type Entry, instead, type MapTree, type Tree} from './tree.ts'

/** Lays one canonical tree over another: maps join, lists follow on, scalars give way, special cases are rules. */
export function merge(base: MapTree | undefined, over: MapTree): MapTree {
  return mergeValues(base, over, mergeRules) as MapTree
}

export function mergeServices(base: MapTree, over: MapTree): MapTree {
  return mergeValues(base, over, ruleFor(ruleFor(mergeRules, 'services'), '*')) as MapTree
}

function mergeValues(base: Tree | undefined, over: Tree, rules: Rules<MergeRule> | undefined): Tree {
  if (over.mark === 'reset') return over
  if (over.mark === 'override') return instead(mergeUnmarked(undefined, over, rules), base)
  return mergeUnmarked(base?.mark === 'reset' ? undefined : base, over, rules)
}

function mergeUnmarked(base: Tree | undefined, over: Tree, rules: Rules<MergeRule> | undefined): Tree {
  const rule = rules?.value
  return rule === undefined ? mergePlainly(base, over, rules) : rule(base, over, (a, b) => mergePlainly(a, b, rules))
}

function mergePlainly(base: Tree | undefined, over: Tree, rules: Rules<MergeRule> | undefined): Tree {
  if (base !== undefined && over.kind === 'scalar' && over.value === null) return base
  if (over.kind === 'map') return mergeMaps(base, over, rules)
  if (over.kind === 'list' && base?.kind === 'list') return {...over, items: [...base.items, ...over.items]}
  return instead(over, base)
}

function mergeMaps(base: Tree | undefined, over: MapTree, rules: Rules<MergeRule> | undefined): Tree {
  const under = base?.kind === 'map' ? base.entries : undefined
  if (under === undefined && rules === undefined) return over
  const entries = new Map<string, Entry>(under)
  for (const [key, entry] of over.entries) {
    const value = mergeValues(under?.get(key)?.value, entry.value, ruleFor(rules, key))
    entries.set(key, {key: entry.key, value})
  }
  return {...over, entries}
}

/** The tree without what `!reset` took away, once nothing is left to merge. */
export function dropResets<T extends Tree>(tree: T): T {
  return settle(tree) as T
}

function settle(tree: Tree): Tree {
  if (tree.kind === 'scalar') return tree
  if (tree.kind === 'list') return {...tree, items: tree.items.map(settle)}
  const entries = new Map<string, Entry>()
  for (const [key, {key: at, value}] of tree.entries) {
    if (value.mark !== 'reset') entries.set(key, {key: at, value: settle(value)})
  }
  return {...tree, entries}
}
