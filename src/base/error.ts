/**
 * What went wrong while doing what the user asked. Every code has a line in docs/errors.md.
 * What the user *wrote* wrong is a Diagnostic; anything that is neither is a bug and says so.
 */
export type ErrorCode =
  | 'bad-request'
  | 'build-failed'
  | 'cancelled'
  | 'conflict'
  | 'dependency-failed'
  | 'engine-unreachable'
  | 'exec-failed'
  | 'hook-failed'
  | 'image-failed'
  | 'image-not-found'
  | 'invalid-file'
  | 'io'
  | 'network-failed'
  | 'not-found'
  | 'not-modified'
  | 'port-taken'
  | 'program-not-found'
  | 'provider-failed'
  | 'start-failed'
  | 'timeout'
  | 'unsupported'
  | 'usage'

export type ErrorDetails = {
  /** What to try next, as a person would say it. */
  readonly hint?: string
  readonly cause?: unknown
  /** Exit code of the command line when this ends it; 1 unless said. */
  readonly exitCode?: number
}

export class StackError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly exitCode: number | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : {cause: details.cause})
    this.name = 'StackError'
    this.code = code
    this.hint = details.hint
    this.exitCode = details.exitCode
  }
}

/** Runs `action`; a failure is rethrown with `doing` in front, its code, hint and exit code kept. */
export async function within<T>(doing: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    throw wrap(doing, cause)
  }
}

function wrap(doing: string, cause: unknown): StackError {
  if (!(cause instanceof StackError)) return new StackError('io', doing, {cause})
  const details: {hint?: string; cause: unknown; exitCode?: number} = {cause}
  if (cause.hint !== undefined) details.hint = cause.hint
  if (cause.exitCode !== undefined) details.exitCode = cause.exitCode
  return new StackError(cause.code, doing, details)
}

/** The whole chain on one line, outermost first: `cannot start web.1: create veth vth3f2a: File exists (EEXIST)`. */
export function describe(error: unknown): string {
  const parts: string[] = []
  for (let at: unknown = error; at !== undefined && at !== null; at = at instanceof Error ? at.cause : undefined) {
    parts.push(at instanceof Error ? at.message : String(at))
  }
  return parts.join(': ')
}

/** The innermost hint of the chain, since it knows most. */
export function hintOf(error: unknown): string | undefined {
  let hint: string | undefined
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof StackError && at.hint !== undefined) hint = at.hint
  }
  return hint
}

/** The errno name (`ENOENT`) of a Node or native error anywhere in the chain. */
export function errnoOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code
    if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return code
  }
  return undefined
}
