import type {IncomingHttpHeaders} from 'node:http'
import {formatDuration} from '../../../base/duration.ts'
import {member, printable} from '../../../base/foreign.ts'

/** Why one request failed; the words that a person gets are made of it in explain.ts. */
export type Cause =
  /** An answer that is not the one wanted; `said` is what its body tells. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly host: string
      readonly codes: readonly string[]
      readonly said: string
    }
  /** No answer, or one that broke off. */
  | {readonly kind: 'connection'; readonly host: string; readonly error: Error}
  | {readonly kind: 'stalled'; readonly host: string; readonly milliseconds: number}
  | {readonly kind: 'certificate'; readonly host: string; readonly error: Error}
  /** The token server, or the registry with a fresh token, refuses. */
  | {readonly kind: 'denied'; readonly host: string; readonly said: string; readonly status: number}
  /** What came breaks the specification. */
  | {readonly kind: 'nonsense'; readonly host: string; readonly what: string}

type FailureDetails = {
  readonly passing?: boolean
  readonly wait?: number | undefined
  readonly before?: readonly RegistryFailure[]
}

/** A request to a registry that failed. */
export class RegistryFailure extends Error {
  readonly reason: Cause
  /** It may go well the next time. */
  readonly passing: boolean
  /** Milliseconds that the registry asks to wait. */
  readonly wait: number | undefined
  /** How mirrors failed that were asked first. */
  readonly before: readonly RegistryFailure[]

  constructor(reason: Cause, {passing = false, wait, before = []}: FailureDetails = {}) {
    super(summary(reason), 'error' in reason ? {cause: reason.error} : {})
    this.name = 'RegistryFailure'
    this.reason = reason
    this.passing = passing
    this.wait = wait
    this.before = before
  }
}

/** What is worth another try whoever sends it. */
const passingStatus = new Set([408, 425, 429, 500, 502, 503, 504])

export function statusFailure(
  host: string,
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
): RegistryFailure {
  const errors = errorsIn(body)
  const said = errors.map(({code, message}) => message || code).join('; ')
  const reason: Cause = {kind: 'status', status, host, codes: errors.map(each => each.code), said: printable(said)}
  return new RegistryFailure(reason, {passing: passingStatus.has(status), wait: retryAfter(headers['retry-after'])})
}

/** `Retry-After` in milliseconds: seconds or a date. */
export function retryAfter(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** The specification's `{"errors": [{"code", "message"}]}`; a token server's `{"details"}` or `{"error_description"}`. */
function errorsIn(body: string): Array<{code: string; message: string}> {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return []
  }
  const errors = member(parsed, 'errors')
  if (Array.isArray(errors)) {
    return errors.map(each => ({code: text(member(each, 'code')), message: text(member(each, 'message'))}))
  }
  const message = text(member(parsed, 'details')) || text(member(parsed, 'error_description'))
  return message === '' ? [] : [{code: '', message}]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function summary(reason: Cause): string {
  if (reason.kind === 'status') return `${reason.host} answers ${reason.status}${reason.said && `: ${reason.said}`}`
  if (reason.kind === 'denied') return `${reason.host} refuses access${reason.said && `: ${reason.said}`}`
  if (reason.kind === 'stalled') return `${reason.host} sent nothing for ${formatDuration(reason.milliseconds)}`
  if (reason.kind === 'nonsense') return `${reason.host} ${reason.what}`
  return `connection to ${reason.host}`
}
