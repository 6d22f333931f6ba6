import {type Diagnostic, positionOf, type Span} from './diagnostic.ts'

/** A diagnostic as plain text: place, message, the source line with a caret below, and what to try. */
export function frame(problem: Diagnostic): string {
  const lines = [`${place(problem.at)}${problem.severity}: ${problem.message} [${problem.code}]`]
  if (problem.at !== undefined) lines.push(...excerpt(problem.at))
  if (problem.hint !== undefined) lines.push(`  hint: ${problem.hint}`)
  return lines.join('\n')
}

function place(at: Span | undefined): string {
  if (at === undefined) return ''
  const {line, column} = positionOf(at.file, at.start)
  return `${at.file.path}:${line}:${column}: `
}

const longest = 120

function excerpt({file, start, end}: Span): string[] {
  const {line, column} = positionOf(file, start)
  const lineEnd = file.text.indexOf('\n', start)
  const whole = file.text.slice(start - column + 1, lineEnd < 0 ? undefined : lineEnd).replace(/\r$/, '')
  // A minified file has one endless line: show the part around the place.
  const from = column > longest ? column - 1 - Math.floor(longest / 2) : 0
  const text = whole.slice(from, from + longest)
  const indent = text.slice(0, column - 1 - from).replace(/[^\t]/g, ' ')
  const width = Math.max(1, Math.min(end - start, text.length - indent.length))
  const number = String(line)
  return [`  ${number} | ${text}`, `  ${' '.repeat(number.length)} | ${indent}${'^'.repeat(width)}`]
}
