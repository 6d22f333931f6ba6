import {createReadStream} from 'node:fs'
import {StackError} from '../../../base/error.ts'
import type {ContentStore, Descriptor} from '../../../model/oci.ts'
import type {CredentialSource} from '../../../registry/auth.ts'
import {type DockerReference, parseDocker} from '../../../registry/reference.ts'
import {discard} from './body.ts'
import type {Endpoint} from './endpoint.ts'
import {explain} from './explain.ts'
import {RegistryFailure} from './failure.ts'
import {toUrl} from './hosts.ts'
import {parseManifest} from './manifest.ts'
import {inParallel} from './parallel.ts'
import {unusable} from './resolve.ts'
import {retrying} from './retry.ts'
import {openSession, type Surroundings} from './session.ts'
import {textBody} from './token.ts'

export type PushOptions = {
  /** An image's, or an index's whose images are present. */
  readonly manifest: Descriptor
  readonly content: Pick<ContentStore, 'has' | 'read' | 'path'>
  readonly progress: (layer: string, done: number, total: number) => void
  readonly auth: CredentialSource
  /** Makes a blob's file present that the registry does not have. */
  readonly fetch?: (digest: string) => Promise<unknown>
  /** Types of a configuration that are sent beside an image's. */
  readonly configs?: RegExp
  /** Repositories of the same registry that may have some of the blobs: `team/base`. */
  readonly mountFrom?: readonly string[]
  readonly signal?: AbortSignal | undefined
  /** Uploads at a time; 3 unless said. */
  readonly parallel?: number
  readonly surroundings?: Surroundings
}

/**
 * Sends what the registry does not have, blobs before manifests, and lets the tag mean it.
 * Errors: image-failed, image-not-found, timeout, cancelled; bad-request for a reference without a tag.
 */
export async function pushImage(reference: string, options: PushOptions): Promise<{readonly digest: string}> {
  const read = parseDocker(reference)
  if (read.tag === undefined || read.digest !== undefined) {
    throw new StackError('bad-request', `${read.text}: a push goes to a tag`, {hint: `write ${read.repository}:TAG`})
  }
  const {auth, surroundings = {}, signal, mountFrom = []} = options
  const scopes = [`repository:${read.path}:pull,push`, ...mountFrom.map(each => `repository:${each}:pull`)]
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  signal?.addEventListener('abort', interrupt)
  if (signal?.aborted) interrupt()
  const session = await openSession({reference: read, scopes, mirrored: false, auth, surroundings, signal: stop.signal})
  try {
    const pushing = {...options, signal: stop.signal, stop}
    await pushManifest(session.endpoints[0]!, pushing, options.manifest, {reference: read, target: read.tag})
    return {digest: options.manifest.digest}
  } catch (error) {
    if (signal?.aborted) throw new StackError('cancelled', `the push of ${read.text} was interrupted`, {exitCode: 130})
    const found = await auth(read.registry, read.path).catch(() => ({}))
    throw explain(error, {reference: read, action: 'push', found, what: 'upload'})
  } finally {
    signal?.removeEventListener('abort', interrupt)
    session.close()
  }
}

/** One blob that fails stops the others. */
type Pushing = PushOptions & {readonly stop: AbortController}

type Target = {readonly reference: DockerReference; readonly target: string}

async function pushManifest(
  endpoint: Endpoint,
  options: Pushing,
  {digest, mediaType}: Descriptor,
  {reference, target}: Target,
): Promise<void> {
  const bytes = await options.content.read(digest)
  const parsed = parseManifest(bytes, mediaType, options.configs)
  if (parsed.kind === 'unusable') throw unusable(reference, parsed.what, parsed.hint)
  if (parsed.kind === 'index') {
    for (const child of parsed.manifests) {
      await pushManifest(endpoint, options, child, {reference, target: child.digest})
    }
  } else {
    const blobs = new Map([...parsed.layers, parsed.config].map(each => [each.digest, each]))
    const {parallel = 3, stop} = options
    await inParallel([...blobs.values()], parallel, stop, blob => pushBlob(endpoint, options, blob))
  }
  const body = textBody(bytes)
  const headers = {'content-type': parsed.mediaType}
  const reply = await endpoint.call({method: 'PUT', to: `manifests/${target}`, headers, body, expect: [200, 201, 202]})
  discard(reply)
  const said = reply.headers['docker-content-digest']
  if (said === undefined || said === digest) return
  throw new RegistryFailure({
    kind: 'nonsense',
    host: endpoint.host,
    what: `took a manifest as ${said}, not as ${digest}`,
  })
}

async function pushBlob(
  endpoint: Endpoint,
  options: PushOptions,
  {digest, size, mediaType}: Descriptor,
): Promise<void> {
  const {content, progress, signal} = options
  progress(digest, 0, size)
  const isForeign = /foreign|nondistributable/.test(mediaType)
  if (!(await isThere(endpoint, digest)) && !(isForeign && !(await content.has(digest)))) {
    await options.fetch?.(digest)
    await retrying(endpoint.patience, signal, () => upload(endpoint, options, {digest, size}))
  }
  progress(digest, size, size)
}

async function isThere(endpoint: Endpoint, digest: string): Promise<boolean> {
  const reply = await endpoint.call({method: 'HEAD', to: `blobs/${digest}`, expect: [200, 404]})
  discard(reply)
  return reply.status === 200
}

/** Mounted from another repository, or else sent in one piece. What was begun and broke off is begun anew. */
async function upload(
  endpoint: Endpoint,
  {content, progress, mountFrom = []}: PushOptions,
  {digest, size}: Pick<Descriptor, 'digest' | 'size'>,
): Promise<void> {
  let place = await begin(endpoint, mountFrom.length > 0 ? {mount: digest, from: mountFrom[0]!} : {})
  for (const from of mountFrom.slice(1)) {
    if (place === undefined) return
    place = await begin(endpoint, {mount: digest, from})
  }
  if (place === undefined) return
  // Added as text: what stands there may be signed as it is.
  place.search = `${place.search === '' ? '?' : `${place.search}&`}digest=${encodeURIComponent(digest)}`
  const open = () => {
    let done = 0
    return createReadStream(content.path(digest), {highWaterMark: 256 * 1024}).on('data', part => {
      done += part.length
      progress(digest, done, size)
    })
  }
  const headers = {'content-type': 'application/octet-stream'}
  discard(await endpoint.once({method: 'PUT', to: place, headers, body: {size, open}, expect: [201, 202, 204]}))
}

/** Where to send the blob; undefined where it was mounted. */
async function begin(endpoint: Endpoint, query: Record<string, string>): Promise<URL | undefined> {
  const words = new URLSearchParams(query).toString()
  const to = `blobs/uploads/${words && `?${words}`}`
  const reply = await endpoint.once({method: 'POST', to, body: textBody(''), expect: [201, 202]})
  discard(reply)
  if (reply.status === 201) return undefined
  const place = toUrl(reply.headers.location ?? '', reply.url)
  if (place !== undefined && reply.headers.location !== undefined) return place
  throw new RegistryFailure({kind: 'nonsense', host: endpoint.host, what: 'says not where to upload to'})
}
