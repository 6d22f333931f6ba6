import type {Readable} from 'node:stream'
import {StackError} from '../../base/error.ts'
import type {ImageArchives, ImageFacts} from '../engine.ts'
import type {Client, Docker} from './client.ts'
import {linesOf} from './streams.ts'

type Progress = (text: string) => void

/** A line of what a pull answers. */
type PullLine = {
  readonly status?: string
  readonly id?: string
  readonly progressDetail?: {readonly current?: number; readonly total?: number}
  readonly error?: string
}

type Inspected = Docker.ImageInspectInfo & {readonly Metadata?: {readonly LastTagTime?: string}}

export async function findImage(client: Client, reference: string): Promise<ImageFacts | undefined> {
  try {
    const {Id, Config, Metadata} = await client.ask<Inspected>(docker => docker.getImage(reference).inspect())
    const test = Config?.Healthcheck?.Test
    const hasHealthcheck = test !== undefined && test[0] !== 'NONE' && test.length > 0
    const checkedAt = Date.parse(Metadata?.LastTagTime ?? '')
    // Go's zero time: the engine does not know.
    return {id: Id, reference, hasHealthcheck, ...(checkedAt > 0 ? {checkedAt} : {})}
  } catch (error) {
    // An engine that does not know the form of a reference cannot have it.
    if (error instanceof StackError && ['not-found', 'image-not-found', 'bad-request'].includes(error.code))
      return undefined
    throw error
  }
}

export async function pullImage(client: Client, reference: string, progress: Progress): Promise<void> {
  const answer = await client.stream({method: 'POST', path: '/images/create', query: pullQuery(reference)})
  for await (const line of linesOf(answer)) {
    const {status, error, ...rest} = JSON.parse(line) as PullLine
    if (error !== undefined) throw new StackError(codeOf(error), error)
    // The last line sums up what the step's end says anyway.
    if (status !== undefined && !status.startsWith('Status: ')) progress(wording({status, ...rest}))
  }
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

type LoadLine = {readonly stream?: string; readonly error?: string}

export const imageArchives = (client: Client): ImageArchives => ({
  async load(archive) {
    // An archive can be sent once: an engine that sleeps is woken before.
    await client.ask(docker => docker.ping())
    const answer = await client.ask(docker => docker.loadImage(archive, {quiet: true}))
    const said: string[] = []
    for await (const line of linesOf(bytesOf(answer))) {
      const {stream, error}: LoadLine = JSON.parse(line)
      if (error !== undefined) throw new StackError('image-failed', error)
      if (stream !== undefined) said.push(stream.trimEnd())
    }
    return said
  },
  async save(names): Promise<Readable> {
    const query = new URLSearchParams(names.map((name): [string, string] => ['names', name]))
    return await client.stream({method: 'GET', path: `/images/get?${query}`})
  },
})

async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}
