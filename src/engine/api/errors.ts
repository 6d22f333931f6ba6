import {type ErrorCode, type ErrorDetails, errnoOf, StackError} from '../../base/error.ts'

/** What docker-modem rejects with. */
type ApiFailure = Error & {
  readonly statusCode?: number
  readonly json?: ErrorBody | null
}

/** Docker's body, and what our own daemon adds: the error as it is there. */
type ErrorBody = {
  readonly message?: string
  readonly code?: ErrorCode
  readonly hint?: string
  readonly exitCode?: number
}

const byStatus: Readonly<Record<number, ErrorCode>> = {
  304: 'not-modified',
  400: 'bad-request',
  403: 'conflict',
  404: 'not-found',
  409: 'conflict',
  501: 'unsupported',
}

type Rule = readonly [words: RegExp, code: ErrorCode, details?: ErrorDetails]

/** What engines mean by their words, where the status says too little; the first that fits. */
const byMessage: readonly Rule[] = [
  [/no such image/i, 'image-not-found'],
  [/pull access denied|manifest (?:for .* )?(?:unknown|not found)|repository does not exist/i, 'image-not-found'],
  [/port is already allocated|address already in use|port \S+ (?:is|are) (?:already )?(?:taken|in use)/i, 'port-taken'],
  [
    /executable file not found|no such file or directory.*: unknown|program .*not found/i,
    'program-not-found',
    {exitCode: 127},
  ],
  [
    /exec.*permission denied|permission denied.*: unknown|is a directory: unknown/i,
    'program-not-found',
    {exitCode: 126},
  ],
]

const unreachable = [
  'ECONNREFUSED',
  'ENOENT',
  'ENOTDIR',
  'ECONNRESET',
  'EPIPE',
  'EACCES',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]

/** So many connections wait at the engine's socket that the kernel takes no more of them. */
export const isCrowded = (error: unknown): boolean => errnoOf(error) === 'EAGAIN'

/** The engine did not answer at all: nothing has happened, so that asking again is safe. */
export const isNotListening = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')

/** A connection that was kept has been closed by an engine that is about to leave, before it read what was sent. */
export const isUnheard = (error: unknown): boolean => errnoOf(error) === 'EPIPE'

/** A failed request as ours: coded by its status and words, the engine's message as it is. */
export function translateError(error: unknown, engine: string): StackError {
  if (error instanceof StackError) return error
  const failure = error as ApiFailure
  if (failure.statusCode === undefined) return connectionError(failure, engine)
  const {code: told, hint, exitCode} = failure.json ?? {}
  const details = {...(hint === undefined ? {} : {hint}), ...(exitCode === undefined ? {} : {exitCode})}
  if (told !== undefined) return new StackError(told, withoutHint(failure.json?.message ?? '', hint), details)
  const message = failure.json?.message ?? failure.message.replace(/^\(HTTP code \d+\) .*? - /, '').trim()
  const rule = byMessage.find(([words]) => words.test(message))
  const code = rule?.[1] ?? byStatus[failure.statusCode] ?? 'start-failed'
  return new StackError(code, message, rule?.[2] ?? {})
}

/** The daemon says the hint in the message too, for clients that show nothing else. */
const withoutHint = (message: string, hint: string | undefined): string => message.replace(` (try: ${hint})`, '')

function connectionError(error: Error, engine: string): StackError {
  const errno = errnoOf(error)
  if (errno === undefined || !unreachable.includes(errno))
    return new StackError('io', `asking ${engine}`, {cause: error})
  const hint = errno === 'EACCES' ? 'only its owner may talk to it: run this as root' : 'is it running?'
  return new StackError('engine-unreachable', `cannot reach ${engine}`, {cause: error, hint})
}
