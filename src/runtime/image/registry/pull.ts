import {type Deferred, deferred} from '../../../base/deferred.ts'
import {StackError} from '../../../base/error.ts'
import {platformText, rankOf} from '../../../base/platform.ts'
import type {ContentStore, Descriptor, Platform} from '../../../model/oci.ts'
import type {CredentialSource} from '../../../registry/auth.ts'
import {type DockerReference, parseDocker} from '../../../registry/reference.ts'
import {type DownloadOptions, download, sourcesOf} from './download.ts'
import {explain} from './explain.ts'
import {platformOf} from './manifest.ts'
import {inParallel} from './parallel.ts'
import {type Resolved, resolve, unusable} from './resolve.ts'
import {openSession, type Session, type Surroundings} from './session.ts'

export type PullOptions = {
  readonly platform: Platform
  readonly content: ContentStore
  /** Told of each layer, by its digest, how many of its bytes are there. */
  readonly progress: (layer: string, done: number, total: number) => void
  readonly auth: CredentialSource
  readonly signal?: AbortSignal | undefined
  /** Told, when layers begin to come, of what image they are, and how to wait for one of them by its digest. */
  readonly begun?: (image: Pulled, arrival: (layer: string) => Promise<void>) => void
  /** Downloads at a time; 3 unless said. */
  readonly parallel?: number
  readonly surroundings?: Surroundings
}

export type Pulled = {
  readonly manifest: Descriptor
  readonly config: Descriptor
  /** Lowest first, as the manifest has them. */
  readonly layers: readonly Descriptor[]
  /** What `NAME@sha256:…` pins: the index, where the reference names one. */
  readonly digest: string
}

/**
 * Makes an image of a registry present in the store: index, manifest, configuration and layers, all verified.
 * Errors: image-not-found, image-failed, timeout, cancelled; invalid-file for settings and credentials.
 */
export async function pullImage(reference: string, options: PullOptions): Promise<Pulled> {
  const read = parseDocker(reference)
  const {auth, surroundings = {}, signal} = options
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  signal?.addEventListener('abort', interrupt)
  if (signal?.aborted) interrupt()
  const scopes = [`repository:${read.path}:pull`]
  const session = await openSession({reference: read, scopes, mirrored: true, auth, surroundings, signal: stop.signal})
  const failing = async (error: unknown, what?: string): Promise<never> => {
    if (signal?.aborted) throw new StackError('cancelled', `the pull of ${read.text} was interrupted`, {exitCode: 130})
    const found = await auth(read.registry, read.path).catch(() => ({}))
    throw explain(error, {reference: read, action: 'pull', found, ...(what === undefined ? {} : {what})})
  }
  try {
    const resolved = await resolve({...options, ...session, reference: read, signal: stop.signal}).catch(failing)
    await fetchAll(read, resolved, session, {...options, signal: stop.signal, stop, failing})
    return pulledOf(resolved)
  } finally {
    signal?.removeEventListener('abort', interrupt)
    session.close()
  }
}

const pulledOf = ({manifest, image: {config, layers}, digest}: Resolved): Pulled => ({manifest, config, layers, digest})

type Fetching = PullOptions & {
  readonly stop: AbortController
  readonly failing: (error: unknown, what?: string) => Promise<never>
}

async function fetchAll(
  reference: DockerReference,
  resolved: Resolved,
  {transport, patience}: Session,
  {content, platform, progress, begun, parallel = 3, signal, stop, failing}: Fetching,
): Promise<void> {
  const {image, endpoints} = resolved
  const sources = (descriptor: Descriptor) => sourcesOf(endpoints, descriptor, {transport, patience, signal})
  const fetch = (descriptor: Descriptor, told: DownloadOptions['progress']) =>
    download(content, descriptor, sources(descriptor), {progress: told, signal})

  if (!(await content.has(image.config.digest))) {
    await fetch(image.config, () => undefined).catch(error => failing(error, 'configuration'))
  }
  checkPlatform(reference, await content.read(image.config.digest), platform)
  const layers = [...new Map(image.layers.map(each => [each.digest, each])).values()]
  const arrivals = new Map(layers.map(each => [each.digest, arrivalOf()]))
  begun?.(pulledOf(resolved), async digest => await arrivals.get(digest)?.promise)
  const one = async (layer: Descriptor) => {
    const {digest, size} = layer
    progress(digest, 0, size)
    if (!(await content.has(digest))) {
      await fetch(layer, done => progress(digest, done, size)).catch(error => failing(error, `layer ${digest}`))
    }
    progress(digest, size, size)
    arrivals.get(digest)?.resolve()
  }
  await inParallel(layers, parallel, stop, one).catch(error => {
    for (const each of arrivals.values()) each.reject(error)
    throw error
  })
}

/** Nobody need wait for it. */
function arrivalOf(): Deferred<void> {
  const made = deferred<void>()
  made.promise.catch(() => undefined)
  return made
}

/** A manifest without an index says only here what it is for. */
function checkPlatform(reference: DockerReference, config: Uint8Array, wanted: Platform): void {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(config).toString('utf8'))
  } catch {
    throw unusable(reference, 'has a configuration that is not JSON')
  }
  const offered = platformOf(value)
  if (offered === undefined || rankOf(offered, wanted) !== undefined) return
  const what = `is an image for ${platformText(offered)}, not for ${platformText(wanted)}`
  throw unusable(reference, what, 'choose another tag, or its platform with platform:')
}
