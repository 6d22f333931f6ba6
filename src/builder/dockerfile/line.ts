import type {SourceFile, Span} from '../../base/diagnostic.ts'

/** One instruction as the parser reads it: its lines joined, comments and escaped line ends left out. */
export type Line = {
  readonly file: SourceFile
  readonly text: string
  /** Where pieces of `text` stand in the file, in order. */
  readonly pieces: ReadonlyArray<{readonly from: number; readonly at: number}>
  readonly heredocs: readonly Heredoc[]
  /** The end of its text in the file, heredocs left out. */
  readonly end: number
}

export type Heredoc = {
  readonly name: string
  /** The word was quoted: nothing in the content is expanded. */
  readonly isQuoted: boolean
  /** `<<-`: leading tabs are no part of it. */
  readonly stripsTabs: boolean
  /** Of its own lines, each with its end. */
  readonly content: string
}

/** The place of a range of a line's text. */
export function spanOf(line: Line, from: number, to = from + 1): Span {
  const start = offsetOf(line, from)
  return {file: line.file, start, end: Math.max(start + 1, offsetOf(line, Math.max(from, to - 1)) + 1)}
}

function offsetOf({pieces, end}: Line, at: number): number {
  const piece = pieces.findLast(each => each.from <= at)
  return piece === undefined ? end : Math.min(end, piece.at + at - piece.from)
}

export const wholeSpan = (line: Line): Span => spanOf(line, 0, Math.max(1, line.text.length))
