/** A file as it was read: `path` is how it is shown, `text` its whole content. */
export type SourceFile = {readonly path: string; readonly text: string}

/** A half-open range of UTF-16 offsets in a file. */
export type Span = {readonly file: SourceFile; readonly start: number; readonly end: number}

export type Severity = 'error' | 'warning'

/** Something wrong with what the user wrote: a list, all at once, each with a place. Returned, never thrown. */
export type Diagnostic = {
  readonly severity: Severity
  /** A stable kebab-case name, listed in docs/errors.md. */
  readonly code: string
  /** Lower case, no full stop: `services.web.restart must be one of no, always, on-failure, unless-stopped`. */
  readonly message: string
  readonly at?: Span
  readonly hint?: string
}

export const hasErrors = (problems: readonly Diagnostic[]): boolean => problems.some(each => each.severity === 'error')

export type Position = {readonly line: number; readonly column: number}

/** One-based line and column of an offset; columns count UTF-16 units. */
export function positionOf(file: SourceFile, offset: number): Position {
  const before = file.text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return {line: before.split('\n').length, column: offset - lineStart + 1}
}
