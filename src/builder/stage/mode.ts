import type {Span} from '../../base/diagnostic.ts'
import {failureAt} from '../failure.ts'

const clause = /^([ugoa]*)([-+=])([rwxXst]*)$/

/** `--chmod`: octal digits, or clauses such as `u=rwX,go-w`. */
export function checkMode(text: string, at: Span): string {
  if (/^[0-7]{1,4}$/.test(text) || text.split(',').every(each => clause.test(each))) return text
  throw failureAt(at, `"${text}" is no mode`, {hint: 'write octal digits such as 755, or u=rwX,go-w'})
}

export function changedMode(text: string, mode: number, isDirectory: boolean): number {
  if (/^[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  return text.split(',').reduce((before, each) => applied(each, before, isDirectory), mode)
}

function applied(text: string, mode: number, isDirectory: boolean): number {
  const [, who = '', operator = '', letters = ''] = clause.exec(text) ?? []
  const all = who === '' || who.includes('a')
  const shifts = [
    ...(all || who.includes('u') ? [6] : []),
    ...(all || who.includes('g') ? [3] : []),
    ...(all || who.includes('o') ? [0] : []),
  ]
  const runs = letters.includes('x') || (letters.includes('X') && (isDirectory || (mode & 0o111) !== 0))
  const bits = (letters.includes('r') ? 4 : 0) + (letters.includes('w') ? 2 : 0) + (runs ? 1 : 0)
  let changed = 0
  for (const shift of shifts) changed |= bits << shift
  if (letters.includes('s')) changed |= (shifts.includes(6) ? 0o4000 : 0) | (shifts.includes(3) ? 0o2000 : 0)
  if (letters.includes('t')) changed |= 0o1000
  if (operator === '+') return mode | changed
  if (operator === '-') return mode & ~changed
  return (mode & ~shifts.reduce((sum, shift) => sum | (7 << shift), 0)) | changed
}
