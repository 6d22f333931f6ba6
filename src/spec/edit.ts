import {
  type Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml'

export type WrittenRule = {readonly action: string; readonly path: string; readonly ignore?: readonly string[]}

/**
 * The text of a Compose file with these rules added to a service; all else, comments and layout, stays as it is. undefined
 * where the service does not stand in it as a map of its own, or has rules already.
 */
export function withWatchRules(text: string, service: string, rules: readonly WrittenRule[]): string | undefined {
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines, logLevel: 'silent'})
  const node = document.getIn(['services', service], true)
  if (document.errors.length > 0 || !isMap(node) || node.anchor !== undefined) return undefined
  if (document.getIn(['services', service, 'develop', 'watch']) !== undefined) return undefined
  const develop = node.get('develop', true)
  const isBlock = !node.flow && (develop === undefined || (isMap(develop) && !develop.flow))
  const edited = isBlock
    ? inserted(text, develop === undefined ? node : (develop as YAMLMap), {
        lines,
        value: develop === undefined ? {develop: {watch: rules}} : {watch: rules},
      })
    : rewritten(document, service, rules)
  return edited !== undefined && isSame(edited, {service, rules, before: document}) ? edited : undefined
}

type Insertion = {readonly lines: LineCounter; readonly value: object}

/** Below the last line of a block map, as deep as its keys. */
function inserted(text: string, map: YAMLMap, {lines, value}: Insertion): string | undefined {
  const first = map.items[0]?.key
  const last = lastOf(map)
  if (!isScalar(first) || first.range == null || last === undefined) return undefined
  const indent = ' '.repeat(lines.linePos(first.range[0]).col - 1)
  const isEnded = text[last - 1] === '\n'
  const end = isEnded ? last : text.indexOf('\n', last) + 1 || text.length
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const before = text.slice(0, end)
  const rendered = stringify(value, {indent: 2, lineWidth: 0}).trimEnd().split('\n')
  const added = rendered.map(line => `${indent}${line}${newline}`).join('')
  return `${before}${before.endsWith('\n') ? '' : newline}${added}${text.slice(end)}`
}

/** Where the text of a map ends, without comments that come after it. */
function lastOf(map: YAMLMap): number | undefined {
  const pair = map.items.at(-1)
  if (!isPair(pair)) return undefined
  const {key, value} = pair
  if (isMap(value) && !value.flow && value.items.length > 0) return lastOf(value)
  if (isCollection(value) && !value.flow && value.items.length > 0) {
    const item = value.items.at(-1)
    if (isMap(item) && !item.flow) return lastOf(item)
    return isScalar(item) || isCollection(item) ? item.range?.[1] : value.range?.[1]
  }
  if ((isScalar(value) || isCollection(value)) && value.range) return value.range[1]
  return isScalar(key) ? key.range?.[1] : undefined
}

/** What is written between braces is laid out anew; comments stay. */
function rewritten(document: Document.Parsed, service: string, rules: readonly WrittenRule[]): string {
  const changed = document.clone() as Document
  changed.setIn(['services', service, 'develop', 'watch'], changed.createNode(rules))
  return changed.toString({lineWidth: 0, flowCollectionPadding: false})
}

type Wanted = {readonly service: string; readonly rules: readonly WrittenRule[]; readonly before: Document.Parsed}

/** Nothing but the rules is other than before. */
function isSame(text: string, {service, rules, before}: Wanted): boolean {
  const after = parseDocument(text, {logLevel: 'silent'})
  if (after.errors.length > 0) return false
  const wanted = before.clone() as Document
  wanted.setIn(['services', service, 'develop', 'watch'], wanted.createNode(rules))
  return JSON.stringify(sorted(after.toJS())) === JSON.stringify(sorted(wanted.toJS()))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}
