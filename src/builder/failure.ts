import type {Span} from '../base/diagnostic.ts'
import {describe, hintOf, StackError} from '../base/error.ts'
import {frame} from '../base/frame.ts'

/** A step's failure, with its place in the Dockerfile; `said` are its last lines. */
export function failureAt(
  at: Span,
  message: string,
  options: {hint?: string; said?: readonly string[]; cause?: unknown} = {},
): StackError {
  const {hint, said = [], cause} = options
  const shown = frame({severity: 'error', code: 'build-failed', message, at})
  const text = said.length === 0 ? shown : `${shown}\n${said.map(line => `  > ${line}`).join('\n')}`
  return new StackError('build-failed', text, {
    ...(hint === undefined ? {} : {hint}),
    ...(cause === undefined ? {} : {}),
  })
}

/** Runs a step's action; what fails gets its place, unless it has one. */
export async function placed<T>(at: Span, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof StackError && (error.message.includes('\n') || error.code === 'cancelled')) throw error
    if (!(error instanceof StackError) && !(error instanceof Error && 'code' in error)) throw error
    const hint = hintOf(error)
    throw failureAt(at, describe(error), {...(hint === undefined ? {} : {hint}), cause: error})
  }
}
