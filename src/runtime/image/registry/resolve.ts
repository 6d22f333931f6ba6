import {StackError} from '../../../base/error.ts'
import {sha256} from '../../../base/hash.ts'
import {platformText} from '../../../base/platform.ts'
import type {ContentStore, Descriptor, Platform} from '../../../model/oci.ts'
import type {DockerReference} from '../../../registry/reference.ts'
import {discard, whole} from './body.ts'
import type {Endpoint} from './endpoint.ts'
import {RegistryFailure} from './failure.ts'
import {accepted, largestManifest, type Manifest, parseManifest} from './manifest.ts'
import {choosePlatform} from './platform.ts'
import {retrying} from './retry.ts'

export type Resolved = {
  /** The image's own manifest, not that of an index. */
  readonly manifest: Descriptor
  readonly image: Extract<Manifest, {kind: 'image'}>
  /** Of what the reference names: the index, if it is one. */
  readonly digest: string
  /** Those that are left to ask for blobs: the one that knew the image comes first. */
  readonly endpoints: readonly Endpoint[]
}

export type Resolving = {
  readonly reference: DockerReference
  readonly endpoints: readonly Endpoint[]
  readonly platform: Platform
  readonly content: ContentStore
  readonly signal: AbortSignal | undefined
  /** Types of a configuration that are taken beside an image's. */
  readonly configs?: RegExp
}

type Read = {readonly descriptor: Descriptor; readonly bytes: Uint8Array; readonly contentType: string}

/** Indexes in indexes end somewhere. */
const deepest = 3

/** From a reference to one image's manifest; what is read is in the store afterwards. */
export async function resolve(options: Resolving): Promise<Resolved> {
  const {reference, content} = options
  const target = reference.digest ?? reference.tag ?? 'latest'
  let {read, endpoints} = await firstThat(options.endpoints, endpoint => manifestAt(endpoint, target, options))
  const {digest} = read.descriptor
  for (let depth = 0; depth <= deepest; depth++) {
    const {descriptor, bytes, contentType} = read
    await content.ingest(descriptor, async offset => inMemory(bytes, offset))
    const parsed = parseManifest(bytes, contentType, options.configs)
    if (parsed.kind === 'unusable') throw unusable(reference, parsed.what, parsed.hint)
    if (parsed.kind === 'image') {
      return {manifest: {...descriptor, mediaType: parsed.mediaType}, image: parsed, digest, endpoints}
    }
    const child = chosen(reference, parsed.manifests, options.platform)
    ;({read, endpoints} = await firstThat(endpoints, endpoint =>
      manifestAt(endpoint, child.digest, options, child.size),
    ))
  }
  throw unusable(reference, `has indexes in indexes, more than ${deepest} deep`)
}

export async function* inMemory(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(offset)
}

/** Asks one endpoint after the other; a configuration that is wrong is wrong for all. */
async function firstThat(
  endpoints: readonly Endpoint[],
  ask: (endpoint: Endpoint) => Promise<Read>,
): Promise<{read: Read; endpoints: readonly Endpoint[]}> {
  const before: RegistryFailure[] = []
  for (const [at, endpoint] of endpoints.entries()) {
    try {
      return {read: await ask(endpoint), endpoints: endpoints.slice(at)}
    } catch (error) {
      if (!(error instanceof RegistryFailure)) throw error
      if (at === endpoints.length - 1) throw new RegistryFailure(error.reason, {...error, before})
      before.push(error)
    }
  }
  throw new Error('no endpoint was given')
}

async function manifestAt(
  endpoint: Endpoint,
  target: string,
  {content, signal}: Resolving,
  size?: number,
): Promise<Read> {
  const isDigest = target.startsWith('sha256:')
  const known = isDigest ? target : await digestOf(endpoint, target)
  if (known !== undefined && (await content.has(known))) {
    const bytes = await content.read(known)
    return {bytes, contentType: '', descriptor: {mediaType: '', digest: known, size: bytes.length}}
  }
  const call = {method: 'GET', to: `manifests/${target}`, headers: {accept: accepted}, expect: [200]} as const
  const {headers, url, bytes} = await retrying(endpoint.patience, signal, async () => {
    const reply = await endpoint.once(call)
    return {...reply, bytes: await whole(reply, largestManifest, endpoint.patience.stall)}
  })
  const digest = `sha256:${sha256(bytes)}`
  const said = headers['docker-content-digest']
  const wanted = isDigest ? target : typeof said === 'string' && said.startsWith('sha256:') ? said : digest
  const {host} = url
  if (digest !== wanted) throw nonsense(host, `sends a manifest with digest ${digest} for ${wanted}`)
  if (size !== undefined && size !== bytes.length) {
    throw nonsense(host, `sends a manifest of ${bytes.length} bytes where its index says ${size}`)
  }
  return {
    bytes,
    contentType: headers['content-type'] ?? '',
    descriptor: {mediaType: '', digest, size: bytes.length},
  }
}

/** What a tag means now, where the registry says it without sending it: hubs count what they send. */
async function digestOf(endpoint: Endpoint, tag: string): Promise<string | undefined> {
  try {
    const reply = await endpoint.once({
      method: 'HEAD',
      to: `manifests/${tag}`,
      headers: {accept: accepted},
      expect: [200],
    })
    discard(reply)
    const digest = reply.headers['docker-content-digest']
    return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined
  } catch (error) {
    // The request that follows says what is wrong, and tries again.
    if (error instanceof RegistryFailure) return undefined
    throw error
  }
}

function chosen(reference: DockerReference, manifests: readonly Descriptor[], platform: Platform): Descriptor {
  const [best] = choosePlatform(manifests, platform)
  if (best !== undefined) return best
  const offered = manifests.flatMap(each =>
    each.platform && each.platform.os !== 'unknown' ? platformText(each.platform) : [],
  )
  const list = [...new Set(offered)].join(', ') || 'none'
  throw new StackError(
    'image-not-found',
    `${reference.text} has no image for ${platformText(platform)}; it has: ${list}`,
    {
      hint: 'choose another tag, or one of its platforms with platform:',
    },
  )
}

export const unusable = ({text}: DockerReference, what: string, hint?: string): StackError =>
  new StackError('image-failed', `${text} ${what}`, hint === undefined ? {} : {hint})

const nonsense = (host: string, what: string) => new RegistryFailure({kind: 'nonsense', host, what})
