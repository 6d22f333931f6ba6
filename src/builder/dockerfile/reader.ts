import type {Diagnostic, Span} from '../../base/diagnostic.ts'
import {suggest} from '../../base/suggest.ts'
import type {Command, Raw} from './instruction.ts'
import {type Line, spanOf} from './line.ts'
import {jsonList, splitWords, type Word} from './words.ts'

/** What one instruction's parser works with: its line, what follows the keyword, and where problems go. */
export type Reader = {
  readonly line: Line
  readonly keyword: string
  readonly escapeBy: string
  /** Flags `--name` and `--name=value` at its beginning, in order. */
  readonly flags: readonly Flag[]
  /** Offset of what follows them. */
  readonly start: number
  readonly problems: Diagnostic[]
}

export type Flag = {readonly name: string; readonly value: Raw | undefined; readonly at: Span}

export function readerOf(line: Line, escapeBy: string, problems: Diagnostic[]): Reader {
  const keyword = line.text.match(/^\S+/)?.[0] ?? ''
  const flags: Flag[] = []
  let start = keyword.length + (line.text.slice(keyword.length).match(/^\s*/)?.[0].length ?? 0)
  for (const word of splitWords(line.text, escapeBy, keyword.length)) {
    const [, name, , value] = word.text.match(/^--([a-zA-Z-]+)(=(.*))?$/s) ?? []
    if (name === undefined || !takesFlags.test(keyword)) {
      start = word.from
      break
    }
    const at = spanOf(line, word.from, word.from + word.text.length)
    flags.push({name, at, value: value === undefined ? undefined : {text: value, at}})
    start = line.text.length
  }
  return {line, keyword: keyword.toUpperCase(), escapeBy, flags, start, problems}
}

const takesFlags = /^(from|run|copy|add|healthcheck)$/i

export function problem({problems}: Reader, message: string, at: Span, hint?: string): undefined {
  problems.push({severity: 'error', code: 'bad-instruction', message, at, ...(hint === undefined ? {} : {hint})})
}

/** Says which flags are not known. */
export function checkFlags(reader: Reader, known: readonly string[]): void {
  for (const {name, at} of reader.flags) {
    if (known.includes(name)) continue
    const near = suggest(name, known)
    const list = known.map(each => `--${each}`).join(', ')
    const hint = near === undefined ? (known.length === 0 ? undefined : `it takes ${list}`) : `did you mean --${near}?`
    problem(reader, `${reader.keyword} does not know the flag --${name}`, at, hint)
  }
}

/** The last of that name, which must have a value. */
export function flagValue(reader: Reader, name: string): Raw | undefined {
  const flag = reader.flags.findLast(each => each.name === name)
  if (flag === undefined) return undefined
  if (flag.value === undefined || flag.value.text === '') {
    return problem(reader, `--${name} needs a value`, flag.at, `write --${name}=VALUE`)
  }
  return flag.value
}

/** One that may stand alone, or with true or false. */
export function isFlagged(reader: Reader, name: string): boolean {
  const flag = reader.flags.findLast(each => each.name === name)
  const value = flag?.value?.text.toLowerCase()
  if (flag !== undefined && value !== undefined && !['true', 'false'].includes(value)) {
    problem(reader, `--${name} is true or false, not "${value}"`, flag.at)
  }
  return flag !== undefined && value !== 'false'
}

export const rest = ({line, start}: Reader): Raw => ({
  text: line.text.slice(start),
  at: spanOf(line, start, line.text.length),
})

export const rawOf = (line: Line, {text, from}: Word): Raw => ({text, at: spanOf(line, from, from + text.length)})

/** Words after the flags, of a JSON list or between blanks. */
export function wordsOf(reader: Reader): Raw[] {
  const {line, escapeBy, start} = reader
  const list = jsonList(rest(reader).text)
  if (list === undefined) return splitWords(line.text, escapeBy, start).map(word => rawOf(line, word))
  return list.map(text => ({text: quoteFor(text, escapeBy), at: rest(reader).at}))
}

/** A text of a JSON list as a word that means it: variables in it count, quotes and blanks do not. */
const quoteFor = (text: string, escapeBy: string): string =>
  text.replace(/["']/g, quote => `${escapeBy}${quote}`).replaceAll('\\', each => (escapeBy === '\\' ? each : `\\`))

/** Exec form or shell form. */
export function commandOf(reader: Reader): Command {
  const {text} = rest(reader)
  const exec = jsonList(text)
  return exec === undefined ? {shell: text} : {exec}
}
