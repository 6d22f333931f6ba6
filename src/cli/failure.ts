import {describe, hintOf, StackError} from '../base/error.ts'
import type {Style} from '../ui/style.ts'

/** Ends the program with a code after all has been said already. */
export class Silent extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit ${exitCode}`)
    this.exitCode = exitCode
  }
}

export type FailureStyle = {readonly style: Style; readonly json: boolean}

/** What is printed of an error; '' where all has been said. */
export function renderFailure(error: unknown, {style, json}: FailureStyle): string {
  if (error instanceof Silent) return ''
  if (json) return `${JSON.stringify({error: true, message: describe(error)})}\n`
  if (!(error instanceof StackError)) return renderBug(error, style)
  const hint = hintOf(error)
  return `${style.bad('stack:')} ${describe(error)}\n${hint === undefined ? '' : `  ${style.dim('try:')} ${hint}\n`}`
}

function renderBug(error: unknown, style: Style): string {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const cause = error instanceof Error && error.cause !== undefined ? `\ncaused by: ${describe(error.cause)}` : ''
  return `${style.bad('stack:')} this is a bug in stack\n${trace}${cause}\n`
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Silent) return error.exitCode
  return error instanceof StackError ? (error.exitCode ?? 1) : 1
}

/** The same error, ending the program with another code. */
export function withExitCode(error: unknown, exitCode: number): unknown {
  if (!(error instanceof StackError)) return error
  const hint = hintOf(error)
  const {code, message, cause} = error
  return new StackError(code, message, {cause, exitCode, ...(hint === undefined ? {} : {hint})})
}
