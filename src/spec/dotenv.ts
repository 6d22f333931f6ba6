import type {Diagnostic, SourceFile, Span} from '../base/diagnostic.ts'
import {problem, warning} from './problem.ts'
import {type Lookup, substitute} from './template.ts'

/** The variables of an environment file; null: a name alone that nobody gives a value. */
export type EnvironmentFile = {
  readonly variables: ReadonlyMap<string, string | null>
  /** Where each stands: the last time, where it is there several times. */
  readonly places: ReadonlyMap<string, Span>
  readonly problems: readonly Diagnostic[]
}

/**
 * Reads `.env` syntax: comments, `export`, quotes, values over several lines, and variables in values.
 * A variable means what `lookup` says, else what an earlier line said.
 */
export function parseDotenv(file: SourceFile, lookup: Lookup): EnvironmentFile {
  return new Dotenv(file, lookup).read()
}

/** Reads `docker run --env-file` syntax: `KEY=value` as it stands, no quotes, no variables. */
export function parseRawEnvironment(file: SourceFile, lookup: Lookup): EnvironmentFile {
  const variables = new Map<string, string | null>()
  const places = new Map<string, Span>()
  for (const {0: line, index} of file.text.matchAll(/[^\r\n]+/g)) {
    const entry = line.replace(/^\uFEFF/, '').trimStart()
    if (entry === '' || entry.startsWith('#')) continue
    const equals = entry.indexOf('=')
    const name = equals < 0 ? entry.trim() : entry.slice(0, equals)
    variables.set(name, equals < 0 ? (lookup(name) ?? null) : entry.slice(equals + 1))
    places.set(name, {file, start: index + line.length - entry.length, end: index + line.length})
  }
  return {variables, places, problems: []}
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  $: '$$',
}

class Dotenv {
  readonly #file: SourceFile
  readonly #text: string
  readonly #lookup: Lookup
  readonly #variables = new Map<string, string | null>()
  readonly #places = new Map<string, Span>()
  readonly #problems: Diagnostic[] = []
  #at = 0

  constructor(file: SourceFile, lookup: Lookup) {
    this.#file = file
    this.#text = file.text
    this.#lookup = lookup
  }

  read(): EnvironmentFile {
    if (this.#text.startsWith('\uFEFF')) this.#at = 1
    while (this.#skipBlank()) if (!this.#entry()) break
    return {variables: this.#variables, places: this.#places, problems: this.#problems}
  }

  /** Moves to the next entry; false at the end. */
  #skipBlank(): boolean {
    const blank = /(?:\s+|#[^\n]*)*/y
    blank.lastIndex = this.#at
    blank.exec(this.#text)
    this.#at = Math.max(this.#at, blank.lastIndex)
    return this.#at < this.#text.length
  }

  #entry(): boolean {
    const start = this.#at
    const line = this.#restOfLine()
    const exported = /^export[ \t]+/.exec(line)?.[0] ?? ''
    const body = line.slice(exported.length)
    const key = /^([^=:\s]*)[ \t]*([=:]|$)/.exec(body)
    const bad = key === null ? /^[^=:\s]*(\s)/.exec(body)?.[1] : /[^A-Za-z0-9_.\-[\]]/.exec(key[1]!)?.[0]
    if (key === null || bad !== undefined) return this.#unexpected(bad ?? body.charAt(0), start, line)
    if (key[2] === '') {
      const name = key[1]!
      this.#set(name, this.#lookup(name) ?? this.#variables.get(name) ?? null, start)
      this.#at = start + line.length
      return true
    }
    const afterSign = start + exported.length + key[0].length
    const padding = /^[ \t]*/.exec(this.#text.slice(afterSign, start + line.length))![0].length
    return this.#value(key[1]!, {start, from: afterSign + padding})
  }

  #value(key: string, {start, from}: {readonly start: number; readonly from: number}): boolean {
    this.#at = from
    const quote = this.#text[from]
    if (quote !== '"' && quote !== "'") {
      const line = this.#restOfLine()
      this.#at += line.length
      const text = line.startsWith('#') ? '' : line.replace(/[ \t]+#.*$/, '').trim()
      this.#set(key, this.#expand(text, {file: this.#file, start: from, end: from + line.length}), start)
      return true
    }
    const end = closingQuote(this.#text, from)
    if (end === undefined) {
      const at = {file: this.#file, start: from, end: from + this.#restOfLine().length}
      this.#problems.push(problem('env-syntax', `the quote that starts the value of ${key} is never closed`, {at}))
      return false
    }
    const inside = this.#text.slice(from + 1, end)
    const value =
      quote === "'"
        ? inside.replaceAll("\\'", "'")
        : this.#expand(replaceEscapes(inside), {file: this.#file, start: from, end: end + 1})
    this.#set(key, value, start)
    this.#at = end + 1
    this.#at += this.#restOfLine().length
    return true
  }

  /** The environment wins for variables inside values, not for what the file itself says. */
  #expand(text: string, at: Span): string {
    const {value, unset, error} = substitute(text, name => this.#lookup(name) ?? this.#variables.get(name) ?? undefined)
    for (const name of unset) {
      this.#problems.push(warning('undefined-variable', `variable ${name} is not set and became the empty text`, {at}))
    }
    if (error !== undefined) this.#problems.push(problem('interpolation', error.message, {at}))
    return value
  }

  #set(key: string, value: string | null, start: number): void {
    this.#variables.set(key, value)
    this.#places.set(key, {file: this.#file, start, end: start + key.length})
  }

  #restOfLine(): string {
    const end = this.#text.indexOf('\n', this.#at)
    return this.#text.slice(this.#at, end < 0 ? undefined : end).replace(/\r$/, '')
  }

  #unexpected(character: string, start: number, line: string): boolean {
    const at = {file: this.#file, start, end: start + line.length}
    this.#problems.push(
      problem('env-syntax', `unexpected character ${JSON.stringify(character)} in variable name`, {at}),
    )
    this.#at = start + line.length
    return true
  }
}

function closingQuote(text: string, from: number): number | undefined {
  const quote = text[from]
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote) return at
  }
  return undefined
}

/** Escapes come first, variables after: `\$` becomes `$$`, which then is one `$`. */
function replaceEscapes(text: string): string {
  return text.replace(
    /\\(?:0([0-7]{1,3})|([abfnrtv\\"$]))/g,
    (_whole, octal: string | undefined, letter: string | undefined) =>
      octal === undefined ? escapes[letter!]! : String.fromCharCode(Number.parseInt(octal, 8)),
  )
}
