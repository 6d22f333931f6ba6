import {StackError} from '../../base/error.ts'
import type {CredentialSource} from '../../registry/auth.ts'
import {anonymousHeader, headerFor} from '../../registry/header.ts'
import type {ImageLibrary} from '../images.ts'
import type {Client} from './client.ts'
import {follow, pullQuery} from './images.ts'
import {linesOf} from './streams.ts'

type SummaryBody = {
  readonly Id: string
  readonly RepoTags: readonly string[] | null
  readonly RepoDigests: readonly string[] | null
  readonly Created: number
  readonly Size: number
  readonly Labels: Readonly<Record<string, string>> | null
}
type HistoryBody = {
  readonly Id: string
  readonly Created: number
  readonly CreatedBy: string
  readonly Size: number
  readonly Comment: string
}
type RemovedBody = {readonly Untagged?: string; readonly Deleted?: string}
type LoadLine = {readonly stream?: string; readonly error?: string}

/** Names of images have slashes, which a path of the API takes as they are; a scheme's colons and slashes it does not. */
const pathOf = (reference: string): string =>
  reference.includes('://') ? encodeURIComponent(reference) : encodeURI(reference)

/** The images of an engine that speaks the Engine API. */
export function imageLibrary(client: Client, credentials: CredentialSource): ImageLibrary {
  const get = <T>(path: string, query = {}) => client.call<T>({method: 'GET', path, query})
  return {
    async list(filters = {}) {
      const found = await get<SummaryBody[]>('/images/json', {filters: JSON.stringify(filters)})
      return found.map(summaryOf).sort((a, b) => b.created - a.created)
    },
    inspect: reference => get(`/images/${pathOf(reference)}/json`),
    async history(reference) {
      const steps = await get<HistoryBody[]>(`/images/${pathOf(reference)}/history`)
      return steps.map(({Id, Created, CreatedBy, Size, Comment}) => ({
        id: Id,
        created: Created * 1000,
        createdBy: CreatedBy,
        size: Size,
        comment: Comment,
      }))
    },
    async tag(reference, name) {
      const {fromImage: repo, tag = ''} = pullQuery(name)
      await client.call({method: 'POST', path: `/images/${pathOf(reference)}/tag`, query: {repo, tag}})
    },
    async push(reference, progress) {
      const {fromImage, tag = ''} = pullQuery(reference)
      const registryAuth = (await headerFor(reference, credentials)) ?? anonymousHeader
      const path = `/images/${pathOf(fromImage)}/push`
      await follow(await client.stream({method: 'POST', path, query: {tag}, registryAuth}), progress)
    },
    async remove(reference, {force}) {
      const path = `/images/${pathOf(reference)}`
      const gone = await client.call<RemovedBody[]>({method: 'DELETE', path, query: {force}})
      return gone.flatMap(({Untagged, Deleted}) => [
        ...(Untagged === undefined ? [] : [{kind: 'untagged' as const, name: Untagged}]),
        ...(Deleted === undefined ? [] : [{kind: 'deleted' as const, name: Deleted}]),
      ])
    },
    async load(archive) {
      // An archive can be sent once: an engine that sleeps is woken before.
      await client.ask(docker => docker.ping())
      const answer = await client.ask(docker => docker.loadImage(archive, {quiet: true}), {isOnce: true})
      const said: string[] = []
      for await (const line of linesOf(bytesOf(answer))) {
        const {stream, error}: LoadLine = JSON.parse(line)
        if (error !== undefined) throw new StackError('image-failed', error)
        if (stream !== undefined) said.push(stream.trimEnd())
      }
      return said
    },
    save(names) {
      const query = new URLSearchParams(names.map((name): [string, string] => ['names', name]))
      return client.stream({method: 'GET', path: `/images/get?${query}`})
    },
  }
}

const summaryOf = ({Id, RepoTags, RepoDigests, Created, Size, Labels}: SummaryBody) => ({
  id: Id,
  tags: RepoTags ?? [],
  digests: RepoDigests ?? [],
  created: Created * 1000,
  size: Size,
  labels: Labels ?? {},
})

async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}
