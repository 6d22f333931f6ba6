import type {Diagnostic, SourceFile} from '../../base/diagnostic.ts'
import {type Heredoc, type Line, spanOf} from './line.ts'
import {splitWords} from './words.ts'

export type Lines = {
  readonly lines: readonly Line[]
  readonly escapeBy: string
  readonly problems: readonly Diagnostic[]
}

type Physical = {readonly text: string; readonly at: number}

/** A Dockerfile as instructions: parser directives, comments, continued lines and heredocs are dealt with. */
export function splitLines(file: SourceFile): Lines {
  const physical = physicalLines(file.text)
  const {escapeBy, problems} = directives(file, physical)
  const lines: Line[] = []
  const all = [...problems]
  let next = 0
  while (next < physical.length) {
    const {joined, after} = join(file, {physical, first: next, escapeBy})
    next = after
    if (joined === undefined) continue
    const found = takesHeredocs.test(joined.text) ? heredocsOf(joined, escapeBy) : []
    const read = readHeredocs(physical, next, found)
    next = read.after
    const line = {...joined, heredocs: read.heredocs}
    lines.push(line)
    if (read.open !== undefined) all.push(unclosed(line, read.open))
  }
  return {lines, escapeBy, problems: all}
}

const takesHeredocs = /^(onbuild\s+)?(run|copy|add)\s/i

function physicalLines(text: string): Physical[] {
  const lines: Physical[] = []
  let at = text.startsWith('\ufeff') ? 1 : 0
  while (at < text.length) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    lines.push({text: text.slice(at, end).replace(/\r$/, ''), at})
    at = end + 1
  }
  return lines
}

/** `# escape=` and the like, which count on the first lines only. */
function directives(file: SourceFile, lines: readonly Physical[]) {
  let escapeBy = '\\'
  const problems: Diagnostic[] = []
  const seen = new Set<string>()
  for (const {text, at} of lines) {
    const [, key = '', value = ''] = text.match(/^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/) ?? []
    const name = key.toLowerCase()
    if (!['syntax', 'escape', 'check'].includes(name)) break
    const span = {file, start: at, end: at + text.length}
    if (seen.has(name)) {
      problems.push({
        severity: 'error',
        code: 'bad-directive',
        message: `the directive "${name}" is there twice`,
        at: span,
      })
    }
    seen.add(name)
    if (name !== 'escape') continue
    if (value === '\\' || value === '`') escapeBy = value
    else {
      const message = `the escape character can not be ${JSON.stringify(value)}`
      problems.push({severity: 'error', code: 'bad-directive', message, at: span, hint: 'it is \\ or `'})
    }
  }
  return {escapeBy, problems}
}

type From = {readonly physical: readonly Physical[]; readonly first: number; readonly escapeBy: string}

/** The instruction that begins at `first`, or undefined where that line has none. */
function join(file: SourceFile, {physical, first, escapeBy}: From): {joined: Line | undefined; after: number} {
  const start = physical[first]!
  const indent = start.text.length - start.text.trimStart().length
  if (isNothing(start.text)) return {joined: undefined, after: first + 1}
  let text = ''
  const pieces: Array<{from: number; at: number}> = []
  let end = start.at
  let at = first
  for (; at < physical.length; at++) {
    const line = physical[at]!
    if (at > first && isNothing(line.text)) continue
    const skipped = at === first ? indent : 0
    const body = line.text.slice(skipped)
    const cut = continued(body, escapeBy)
    pieces.push({from: text.length, at: line.at + skipped})
    const part = cut === undefined ? body : body.slice(0, cut)
    text += part
    end = line.at + skipped + part.length
    if (cut === undefined) break
  }
  return {joined: {file, text: text.trimEnd(), pieces, heredocs: [], end}, after: Math.min(at, physical.length - 1) + 1}
}

const isNothing = (text: string): boolean => /^\s*(#|$)/.test(text)

/** Where the escape character stands that ends the line, if it does. */
function continued(text: string, escapeBy: string): number | undefined {
  const trimmed = text.replace(/[ \t]+$/, '')
  if (!trimmed.endsWith(escapeBy)) return undefined
  return trimmed.at(-2) === escapeBy ? undefined : trimmed.length - 1
}

type Opened = Omit<Heredoc, 'content'>

function heredocsOf(line: Line, escapeBy: string): Opened[] {
  const opened: Opened[] = []
  for (const {text} of splitWords(line.text, escapeBy)) {
    const [, , dash, word = ''] = text.match(/^(\d*)<<(-?)([^<]+)$/) ?? []
    const name = word.replace(/^(['"])(.*)\1$/, '$2')
    if (name !== '') opened.push({name, isQuoted: name !== word, stripsTabs: dash === '-'})
  }
  return opened
}

function readHeredocs(physical: readonly Physical[], first: number, opened: readonly Opened[]) {
  const heredocs: Heredoc[] = []
  let after = first
  for (const each of opened) {
    const strip = (text: string) => (each.stripsTabs ? text.replace(/^\t+/, '') : text)
    const length = physical.slice(after).findIndex(({text}) => strip(text) === each.name)
    if (length < 0) return {heredocs, after: physical.length, open: each.name}
    const lines = physical.slice(after, after + length).map(({text}) => `${strip(text)}\n`)
    heredocs.push({...each, content: lines.join('')})
    after += length + 1
  }
  return {heredocs, after, open: undefined}
}

function unclosed(line: Line, name: string): Diagnostic {
  const from = Math.max(0, line.text.indexOf('<<'))
  return {
    severity: 'error',
    code: 'open-heredoc',
    message: `the heredoc "${name}" has no end`,
    at: spanOf(line, from, line.text.length),
    hint: `end it by a line with nothing but ${name}`,
  }
}
