import type {Span} from '../base/diagnostic.ts'
import type {Canonical} from './canonical-form.ts'
import type {Placed, Sources} from './load.ts'
import {type Path, renderPath} from './path.ts'
import {own} from './source.ts'
import {variablesOf} from './template.ts'
import {type Plain, type Tree, toPlain} from './tree.ts'

/** A value and how it came about. */
export type Explained = {readonly path: string; readonly value: Plain; readonly from: Origin; readonly shadows: Shadows}

export type Origin =
  /** In a Compose file, with variables or without. */
  | {readonly kind: 'written'; readonly at: Span; readonly variables: readonly VariableOrigin[]}
  /** In an env_file or a label_file. */
  | {readonly kind: 'env-file'; readonly at: Span}
  /** Nobody said it. */
  | {readonly kind: 'default'}

/** What the value took the place of, the nearest first. */
export type Shadows = readonly Placed[]

export type VariableOrigin = {
  readonly name: string
  /** undefined: not set. */
  readonly value: string | undefined
  /** Where an environment file says it; undefined: the process's environment, or nobody. */
  readonly at: Span | undefined
}

export type Found = {readonly path: Path; readonly value: Plain}

/**
 * The value at a path as it is written by `renderPath`, or undefined and the names that there are instead. Keys with
 * dots need no quotes: the longest key that fits is meant.
 */
export function findValue(
  model: Canonical,
  text: string,
): Found | {readonly at: string; readonly keys: readonly string[]} {
  const path: (string | number)[] = []
  let value = model as unknown as Plain
  for (let rest = text; rest !== ''; ) {
    const keys = keysOf(value)
    const next = keys.flatMap(key => forms(key).map(form => ({key, form}))).filter(({form}) => fits(rest, form))
    const step = next.sort((a, b) => b.form.length - a.form.length)[0]
    if (step === undefined) return {at: renderPath(path), keys: keys.map(String)}
    path.push(step.key)
    value = (value as Record<string | number, Plain>)[step.key]!
    rest = rest.slice(step.form.length).replace(/^\./, '')
  }
  return {path, value}
}

function keysOf(value: Plain): readonly (string | number)[] {
  if (Array.isArray(value)) return value.map((_, index) => index)
  return value !== null && typeof value === 'object' ? Object.keys(value) : []
}

const forms = (key: string | number): readonly string[] =>
  typeof key === 'number' ? [`[${key}]`, String(key)] : [key, `[${JSON.stringify(key)}]`]

const fits = (text: string, form: string): boolean =>
  text.startsWith(form) && ['', '.', '['].includes(text.charAt(form.length))

/** Every single value at a path and below it. */
export function explainAll({path, value}: Found, sources: Sources): Explained[] {
  const keys = keysOf(value)
  if (keys.length === 0) return [explain({path, value}, sources)]
  return keys.flatMap(key =>
    explainAll({path: [...path, key], value: (value as Record<string | number, Plain>)[key]!}, sources),
  )
}

function explain({path, value}: Found, {tree, fromFiles, environment, variables}: Sources): Explained {
  const shown = renderPath(path)
  const node = nodeAt(tree, path)
  const places = (fromFiles.get(shown) ?? []).toReversed()
  if (node !== undefined) {
    const names = [...variablesOf(writtenAt(node.at)).map(({name}) => name), ...variableOf(node)]
    const origins = [...new Set(names)].map(name => ({name, value: own(environment, name), at: variables.get(name)}))
    const from = {kind: 'written', at: node.at, variables: origins} as const
    return {path: shown, value, from, shadows: [...shadowsOf(node), ...places]}
  }
  const [first, ...others] = places
  const from: Origin = first === undefined ? {kind: 'default'} : {kind: 'env-file', at: first.at}
  return {path: shown, value, from, shadows: others}
}

function nodeAt(tree: Tree, path: Path): Tree | undefined {
  let at: Tree | undefined = tree
  for (const part of path) {
    if (at?.kind === 'map') at = at.entries.get(String(part))?.value
    else at = at?.kind === 'list' ? at.items[Number(part)] : undefined
  }
  return at
}

const variableOf = (node: Tree): readonly string[] =>
  node.kind === 'scalar' && node.variable !== undefined ? [node.variable] : []

function shadowsOf(node: Tree): Shadows {
  const below = node.shadows
  return below === undefined ? [] : [{value: toPlain(below), at: below.at}, ...shadowsOf(below)]
}

/** The text of the file itself. */
export const writtenAt = ({file, start, end}: Span): string => file.text.slice(start, end)
