import {parseMoment as momentOf} from '../base/moment.ts'
import {usage} from './parse.ts'

/** Milliseconds since the epoch of a date, of seconds since the epoch, or of a span before now (`42m`). */
export function parseMoment(text: string | undefined, option: string, now: number): number | undefined {
  if (text === undefined) return undefined
  const moment = momentOf(text, now)
  if (moment === undefined) throw usage(`option ${option} is a time or a duration, not "${text}"`, `${option} 10m`)
  return moment
}

/** undefined: all lines. */
export function parseTail(text: string | undefined): number | undefined {
  if (text === undefined || text === 'all' || text === '-1') return undefined
  if (!/^\d+$/.test(text)) throw usage(`option --tail is a number of lines or "all", not "${text}"`)
  return Number(text)
}
