import {parseDuration} from './duration.ts'

/** Milliseconds since the epoch of a date, of seconds since the epoch, or of a span before now (`42m`). */
export function parseMoment(text: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const span = parseDuration(text)
  if (span !== undefined) return now - span
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : date
}
