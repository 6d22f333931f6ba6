import {stripVTControlCharacters} from 'node:util'
import stringWidth from 'string-width'

/** What a piece of a line means; a number is a source of output, each in its own colour. */
export type Tone = 'plain' | 'bold' | 'dim' | 'good' | 'bad' | 'warning' | 'chosen' | number
export type Span = {readonly text: string; readonly tone: Tone}
export type Line = readonly Span[]

export const span = (text: string, tone: Tone = 'plain'): Span => ({text, tone})

/** Control characters, and those that turn the direction of what follows. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant
const moving = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Text of somebody else's, of which nothing can move the cursor or change colours. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text.replaceAll('\t', '  ')).replaceAll(moving, '')

/** Columns on the terminal. */
export const widthOf = (text: string): number => (isAscii(text) ? text.length : stringWidth(text))

const isAscii = (text: string): boolean => /^[\u0020-\u007e]*$/.test(text)

/** At most so many columns; what is cut off is an ellipsis. */
export function cut(text: string, width: number): string {
  if (width <= 0) return ''
  if (widthOf(text) <= width) return text
  return `${head(text, width - 1)}…`
}

export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** A line of exactly so many columns, or fewer. */
export function cutLine(line: Line, width: number): Line {
  const spans: Span[] = []
  let left = width
  for (const {text, tone} of line) {
    if (left <= 0) break
    const shown = cut(text, left)
    spans.push({text: shown, tone})
    left -= widthOf(shown)
    if (shown !== text) break
  }
  return spans
}

/** Pieces of so many columns. */
export function wrapped(text: string, width: number): readonly string[] {
  const pieces: string[] = []
  let rest = text
  while (widthOf(rest) > width) {
    const piece = head(rest, width)
    if (piece === '') break
    pieces.push(piece)
    rest = rest.slice(piece.length)
  }
  return [...pieces, rest]
}

const letters = new Intl.Segmenter(undefined, {granularity: 'grapheme'})

function head(text: string, width: number): string {
  if (isAscii(text)) return text.slice(0, width)
  let taken = ''
  let left = width
  for (const {segment} of letters.segment(text)) {
    left -= stringWidth(segment)
    if (left < 0) break
    taken += segment
  }
  return taken
}
