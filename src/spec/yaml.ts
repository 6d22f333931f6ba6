import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar as ScalarNode,
  stringify,
  type YAMLMap,
} from 'yaml'
import type {SourceFile, Span} from '../base/diagnostic.ts'
import {problem, type Report} from './problem.ts'
import {resolvePlain} from './scalar.ts'
import {type Entry, list, type MapTree, type Mark, map, marked, type Plain, scalar, type Tree} from './tree.ts'

/** Values that aliases may add: more than any person writes, less than a "billion laughs" needs. */
const aliasLimit = 100_000
const depthLimit = 200

/** One tree per YAML document of the file, all in one list; documents that hold nothing are left out. */
export function parseYaml(file: SourceFile, report: Report): MapTree[] {
  const documents = parseAllDocuments(file.text, {
    schema: 'failsafe',
    prettyErrors: false,
    logLevel: 'silent',
  })
  const trees: MapTree[] = []
  for (const document of Array.isArray(documents) ? documents : []) {
    const tree = new Reader(file, report).read(document as Document)
    if (tree === undefined) continue
    if (tree.kind === 'map') trees.push(tree)
    else report(problem('bad-value', 'a Compose file must be a map of attributes at its top level', {at: tree.at}))
  }
  return trees
}

/** Text in the reference's layout: two spaces, no folding of long lines. */
export function printYaml(value: Plain): string {
  return stringify(value, {indent: 2, lineWidth: 0, aliasDuplicateObjects: false, version: '1.1', schema: 'yaml-1.1'})
}

type Anchor = {readonly node: Node; tree?: Tree; size: number}

class Reader {
  readonly #file: SourceFile
  readonly #report: Report
  readonly #anchors = new Map<string, Anchor>()
  #size = 0
  #aliased = 0

  constructor(file: SourceFile, report: Report) {
    this.#file = file
    this.#report = report
  }

  read(document: Document): Tree | undefined {
    for (const error of document.errors) this.#report(syntaxProblem(error, this.#file))
    if (document.errors.some(error => error.code !== 'DUPLICATE_KEY')) return undefined
    const node = document.contents
    if (node === null || (isScalar(node) && node.source === '')) return undefined
    return this.#node(node as Node, 0)
  }

  #node(node: Node | null, depth: number): Tree {
    if (isAlias(node)) return this.#alias(node.source, this.#span(node))
    const at = this.#span(node)
    if (depth > depthLimit) {
      this.#report(problem('yaml-syntax', `values are nested more than ${depthLimit} deep`, {at}))
      return scalar(null, at)
    }
    const anchor: Anchor | undefined = node !== null && 'anchor' in node && node.anchor ? {node, size: 0} : undefined
    if (anchor !== undefined) this.#anchors.set((anchor.node as ScalarNode).anchor!, anchor)
    const before = this.#size++
    const tree = marked(this.#value(node, at, depth), this.#mark(node, at))
    if (anchor !== undefined) Object.assign(anchor, {tree, size: this.#size - before})
    return tree
  }

  #value(node: Node | null, at: Span, depth: number): Tree {
    if (isMap(node)) return this.#map(node, at, depth)
    if (isSeq(node))
      return list(
        node.items.map(item => this.#node(item as Node | null, depth + 1)),
        at,
      )
    return isScalar(node) ? scalar(scalarValue(node as ScalarNode<string>), at) : scalar(null, at)
  }

  #map(node: YAMLMap, at: Span, depth: number): Tree {
    const own = new Map<string, Entry>()
    const merged: Tree[] = []
    for (const pair of node.items as Array<Pair<Node, Node | null>>) {
      const value = this.#node(pair.value, depth + 1)
      const key = this.#key(pair.key)
      if (key === undefined) continue
      if (isMergeKey(pair.key)) merged.push(...(value.kind === 'list' ? value.items : [value]))
      else if (!own.has(key)) own.set(key, {key: this.#span(pair.key), value})
    }
    return map(merged.length === 0 ? own : this.#mergeKeys(own, merged), at)
  }

  /** `<<`: what is written here wins, then the first of the maps that are merged. */
  #mergeKeys(own: Map<string, Entry>, merged: readonly Tree[]): Map<string, Entry> {
    const entries = new Map<string, Entry>()
    for (const source of merged) {
      if (source.kind !== 'map') {
        this.#report(problem('bad-value', '<< can only merge maps', {at: source.at}))
        continue
      }
      for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry)
    }
    for (const [key, entry] of own) entries.set(key, entry)
    return entries
  }

  #key(node: Node): string | undefined {
    const value = isScalar(node) ? scalarValue(node as ScalarNode<string>) : undefined
    if (typeof value === 'string') return value
    const at = this.#span(node)
    const shown = this.#file.text.slice(at.start, Math.min(at.end, at.start + 40))
    this.#report(problem('non-string-key', `key ${shown} is not a string`, {at, hint: `put it in quotes: "${shown}"`}))
    return undefined
  }

  #alias(name: string, at: Span): Tree {
    const anchor = this.#anchors.get(name)
    if (anchor?.tree === undefined) {
      const message =
        anchor === undefined ? `alias *${name} names no anchor before it` : `alias *${name} stands inside &${name}`
      this.#report(problem(anchor === undefined ? 'yaml-syntax' : 'alias-cycle', message, {at}))
      return scalar(null, at)
    }
    this.#aliased += anchor.size
    this.#size += anchor.size
    if (this.#aliased <= aliasLimit) return anchor.tree
    if (this.#aliased - anchor.size <= aliasLimit) {
      this.#report(problem('alias-limit', `aliases expand to more than ${aliasLimit} values`, {at}))
    }
    return scalar(null, at)
  }

  #mark(node: Node | null, at: Span): Mark | undefined {
    const tag = node !== null && 'tag' in node ? node.tag : undefined
    if (tag === '!reset') return 'reset'
    if (tag === '!override') return 'override'
    if (tag === undefined || /^tag:yaml.org,2002:(?:str|int|float|bool|null|map|seq|merge)$/.test(tag) || tag === '!')
      return undefined
    this.#report(
      problem('unknown-tag', `tag ${tag} is not understood`, {at, hint: 'the tags are !reset and !override'}),
    )
    return undefined
  }

  #span(node: Node | null | undefined): Span {
    const [start, end] = node?.range ?? [0, 0]
    return {file: this.#file, start, end}
  }
}

const isMergeKey = (node: Node): boolean => isScalar(node) && node.source === '<<' && node.type === 'PLAIN'

/** Only plain scalars mean anything else than their text; `!!str` keeps the text of those too. */
function scalarValue(node: ScalarNode<string>): string | number | boolean | null {
  const text = node.source ?? String(node.value ?? '')
  if (node.tag === 'tag:yaml.org,2002:str' || node.tag === '!') return text
  if (node.type === 'PLAIN' || node.type === undefined) return resolvePlain(text)
  return String(node.value ?? '')
}

function syntaxProblem(error: {code: string; message: string; pos: [number, number]}, file: SourceFile) {
  // A syntax error at the very end points one past it.
  const end = Math.min(error.pos[1], file.text.length)
  const at = {file, start: Math.min(error.pos[0], end), end}
  if (error.code === 'DUPLICATE_KEY') {
    const length = file.text.slice(at.start).search(/[:\s]/)
    const key = {...at, end: length < 1 ? at.end : at.start + length}
    return problem('duplicate-key', `key ${file.text.slice(key.start, key.end)} stands here for the second time`, {
      at: key,
    })
  }
  const message = error.message.replace(/\.$/, '')
  return problem('yaml-syntax', message.charAt(0).toLowerCase() + message.slice(1), {at})
}
