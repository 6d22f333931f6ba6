import type {LogLine} from '../messages.ts'

/** Whether a line has every word of a filter, and none with a `-` in front; upper case and lower case are the same. */
export function matcher(filter: string): (line: LogLine) => boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const wanted = words.filter(word => word === '-' || !word.startsWith('-'))
  const unwanted = words.filter(word => word !== '-' && word.startsWith('-')).map(word => word.slice(1))
  return ({text, source}) => {
    const whole = `${source} ${text}`.toLowerCase()
    return wanted.every(word => whole.includes(word)) && !unwanted.some(word => whole.includes(word))
  }
}

/** Lines that a page shows at most. */
export const shownLines = 400

export type Choice = {readonly lines: readonly LogLine[]; readonly filter: string; readonly focus: string | undefined}

/** The newest that fit, and how many there are of them. */
export function chosenLines({lines, filter, focus}: Choice): {
  readonly shown: readonly LogLine[]
  readonly count: number
} {
  const matches = matcher(filter)
  const all = lines.filter(line => (focus === undefined || line.service === focus) && matches(line))
  return {shown: all.slice(-shownLines), count: all.length}
}
