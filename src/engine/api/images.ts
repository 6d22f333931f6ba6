import {type ErrorCode, StackError} from '../../base/error.ts'
import type {ImageFacts} from '../engine.ts'
import type {Send} from './batch.ts'
import type {Client, Docker} from './client.ts'
import {linesOf} from './streams.ts'

type Progress = (text: string) => void

/** A line of what a pull answers. */
type PullLine = {
  readonly status?: string
  readonly id?: string
  readonly progressDetail?: {readonly current?: number; readonly total?: number}
  readonly error?: string
  readonly stackError?: OwnError
}

/** What our own daemon says more. */
type OwnError = {readonly message: string; readonly code?: ErrorCode; readonly hint?: string}

type Inspected = Docker.ImageInspectInfo & {
  readonly Variant?: string | undefined
  readonly Metadata?: {readonly LastTagTime?: string}
}

export async function findImage(send: Send, reference: string): Promise<ImageFacts | undefined> {
  try {
    const path = `/images/${reference}/json`
    const {Id, Config, Metadata, Os, Architecture, Variant} = await send<Inspected>({method: 'GET', path})
    const test = Config?.Healthcheck?.Test
    const hasHealthcheck = test !== undefined && test[0] !== 'NONE' && test.length > 0
    const checkedAt = Date.parse(Metadata?.LastTagTime ?? '')
    // Go's zero time: the engine does not know.
    const platform = Architecture ? [Os || 'linux', Architecture, ...(Variant ? [Variant] : [])].join('/') : undefined
    const known = {...(checkedAt > 0 ? {checkedAt} : {}), ...(platform === undefined ? {} : {platform})}
    return {id: Id, reference, hasHealthcheck, ...known}
  } catch (error) {
    // An engine that does not know the form of a reference cannot have it.
    if (error instanceof StackError && ['not-found', 'image-not-found', 'bad-request'].includes(error.code))
      return undefined
    throw error
  }
}

export type Fetching = {
  readonly progress: Progress
  readonly auth: string | undefined
  readonly platform?: string | undefined
}

export async function pullImage(
  client: Client,
  reference: string,
  {progress, auth, platform}: Fetching,
): Promise<void> {
  const query = {...pullQuery(reference), ...(platform === undefined ? {} : {platform})}
  await follow(await client.stream({method: 'POST', path: '/images/create', query, registryAuth: auth}), progress)
}

/** Tells what a pull or a push answers line by line. Errors: image-not-found, image-failed. */
export async function follow(answer: AsyncIterable<Uint8Array>, progress: Progress): Promise<void> {
  for await (const line of linesOf(answer)) {
    const {status, error, stackError, ...rest} = JSON.parse(line) as PullLine
    if (error !== undefined) throw failureOf(error, stackError)
    // The last line sums up what the step's end says anyway.
    if (status !== undefined && !status.startsWith('Status: ')) progress(wording({status, ...rest}))
  }
}

function failureOf(error: string, own: OwnError | undefined): StackError {
  const {message, code = codeOf(error), hint} = own ?? {message: error}
  return new StackError(code, message, hint === undefined ? {} : {hint})
}

/** `latest` is said aloud: without a tag the engine would fetch them all. A reference with a scheme has none. */
export function pullQuery(reference: string): {fromImage: string; tag?: string} {
  if (reference.includes('://')) return {fromImage: reference}
  const at = reference.indexOf('@')
  if (at >= 0) return {fromImage: reference.slice(0, at), tag: reference.slice(at + 1)}
  const [, name = reference, tag = 'latest'] = /^(.*?)(?::([^:/]+))?$/.exec(reference) ?? []
  return {fromImage: name, tag}
}

function wording({status, id, progressDetail}: PullLine): string {
  const {current, total} = progressDetail ?? {}
  const share = current !== undefined && total ? ` ${Math.floor((100 * current) / total)} %` : ''
  return `${id === undefined ? '' : `${id} `}${status}${share}`
}

const codeOf = (message: string) =>
  /not found|no such|manifest unknown|access denied|does not exist/i.test(message) ? 'image-not-found' : 'image-failed'
