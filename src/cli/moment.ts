import {parseDuration} from '../base/duration.ts'
import {usage} from './parse.ts'

/** Milliseconds since the epoch of a date, of seconds since the epoch, or of a span before now (`42m`). */
export function parseMoment(text: string | undefined, option: string, now: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const span = parseDuration(text)
  if (span !== undefined) return now - span
  const date = Date.parse(text)
  if (Number.isNaN(date)) throw usage(`option ${option} is a time or a duration, not "${text}"`, `${option} 10m`)
  return date
}

/** undefined: all lines. */
export function parseTail(text: string | undefined): number | undefined {
  if (text === undefined || text === 'all' || text === '-1') return undefined
  if (!/^\d+$/.test(text)) throw usage(`option --tail is a number of lines or "all", not "${text}"`)
  return Number(text)
}
