import {describe, type ErrorCode, hintOf, StackError} from '../../base/error.ts'

const statuses: Partial<Record<ErrorCode, number>> = {
  'bad-request': 400,
  'program-not-found': 400,
  'not-modified': 304,
  'not-found': 404,
  'image-not-found': 404,
  conflict: 409,
  unsupported: 501,
}

/** The HTTP status of an error, as Docker answers it. */
export const statusOf = (error: unknown): number => (error instanceof StackError ? (statuses[error.code] ?? 500) : 500)

/** The whole chain in one line, with what to try behind it. */
export function messageOf(error: unknown): string {
  const hint = hintOf(error)
  return hint === undefined ? describe(error) : `${describe(error)} (try: ${hint})`
}

/** Docker's error body; our own client reads what kind of error it is, which others leave alone. */
export function errorBody(error: unknown) {
  const hint = hintOf(error)
  const known = error instanceof StackError ? {code: error.code, exitCode: error.exitCode} : {}
  return {message: messageOf(error), ...known, ...(hint === undefined ? {} : {hint})}
}

/** The last line of an answer that began well. Go's clients want numbers for codes, so what is ours stands beside. */
export function errorLine(error: unknown) {
  const hint = hintOf(error)
  const known = error instanceof StackError ? {code: error.code} : {}
  const stackError = {...known, message: describe(error), ...(hint === undefined ? {} : {hint})}
  return {errorDetail: {message: messageOf(error)}, error: messageOf(error), stackError}
}
