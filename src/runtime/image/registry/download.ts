import {StackError} from '../../../base/error.ts'
import type {ContentStore, Descriptor} from '../../../model/oci.ts'
import {chunks, discard} from './body.ts'
import type {Endpoint} from './endpoint.ts'
import {RegistryFailure} from './failure.ts'
import {follow} from './follow.ts'
import {toUrl} from './hosts.ts'
import {type Patience, waitOrThrow} from './retry.ts'
import type {Reply, Transport} from './transport.ts'

/** Somewhere that has a blob. `open` asks once, for the bytes from an offset on, and may get all of them. */
export type Source = {readonly patience: Patience; open(offset: number): Promise<Reply>}

/** So many bytes and the tries are counted anew. */
const headway = 1024 * 1024

/** The registry's places in their order, then those that the descriptor names. */
export function sourcesOf(
  endpoints: readonly Endpoint[],
  {digest, urls = []}: Descriptor,
  {transport, patience, signal}: {transport: Transport; patience: Patience; signal: AbortSignal | undefined},
): Source[] {
  const rangeFrom = (offset: number) => (offset === 0 ? {} : {range: `bytes=${offset}-`})
  const expect = [200, 206, 416]
  return [
    ...endpoints.map(endpoint => ({
      patience: endpoint.patience,
      open: (offset: number) =>
        endpoint.once({method: 'GET', to: `blobs/${digest}`, headers: rangeFrom(offset), expect}),
    })),
    ...urls.flatMap(each => {
      const url = toUrl(each)
      const open = async (offset: number) => {
        const reply = await follow(transport, {method: 'GET', url: url!, headers: rangeFrom(offset), signal})
        if (expect.includes(reply.status)) return reply
        discard(reply)
        throw nonsense(reply, `answers ${reply.status} for a layer that is kept there`)
      }
      return url === undefined ? [] : [{patience, open}]
    }),
  ]
}

export type DownloadOptions = {
  /** Told how many bytes are there. */
  readonly progress: (done: number) => void
  readonly signal?: AbortSignal | undefined
  readonly mayRepeat?: boolean
}

/** Makes a blob present; one that came out wrong is asked for anew where there is reason to hope. */
export async function download(
  content: ContentStore,
  descriptor: Descriptor,
  sources: readonly Source[],
  {progress, signal, mayRepeat = true}: DownloadOptions,
): Promise<void> {
  let isResumed = false
  const from = async (offset: number) => {
    isResumed ||= offset > 0
    return bytes(descriptor, offset, sources, {progress, signal})
  }
  try {
    await content.ingest(descriptor, from)
  } catch (error) {
    if (!(error instanceof StackError) || error.code !== 'image-failed' || signal?.aborted) throw error
    // What was left of an earlier download may have been wrong, or the mirror is.
    const others = isResumed && mayRepeat ? sources : sources.slice(1)
    if (others.length === 0) throw error
    await download(content, descriptor, others, {progress, signal, mayRepeat: false})
  }
}

/** A blob's bytes from an offset on, over as many connections and sources as it takes. Errors: RegistryFailure. */
export async function* bytes(
  {size}: Pick<Descriptor, 'size'>,
  offset: number,
  sources: readonly Source[],
  {progress, signal}: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  let [at, mark, failures, chosen] = [offset, offset, 0, 0]
  while (at < size) {
    const source = sources[chosen]!
    try {
      for await (const part of piece(await source.open(at), at, size, source.patience.stall)) {
        at += part.length
        progress(at)
        yield part
      }
    } catch (error) {
      if (at - mark >= headway) [mark, failures] = [at, 0]
      try {
        await waitOrThrow(source.patience, ++failures, connectionPasses(error), signal)
      } catch (final) {
        if (!(final instanceof RegistryFailure) || signal?.aborted || ++chosen >= sources.length) throw final
        failures = 0
      }
    }
  }
}

/** What one answer gives of the blob, from `at` on and never more than is wanted. */
async function* piece(reply: Reply, at: number, size: number, stall: number): AsyncGenerator<Uint8Array> {
  const start = startOf(reply, at)
  const announced = Number(reply.headers['content-length'] ?? Number.NaN)
  if (announced > size - start || (reply.status === 200 && announced < size)) {
    discard(reply)
    throw nonsense(reply, `sends ${announced + start} bytes where the manifest says ${size}`)
  }
  let position = start
  for await (const part of chunks(reply, stall)) {
    if (position + part.length > size) throw nonsense(reply, `sends more than the ${size} bytes of the manifest`)
    // A server that knows no ranges begins at the beginning.
    const fresh = part.subarray(Math.min(part.length, Math.max(0, at - position)))
    position += part.length
    if (fresh.length > 0) yield fresh
  }
  if (position >= size) return
  const error = new Error(`ended after ${position} of ${size} bytes`)
  throw new RegistryFailure({kind: 'connection', host: reply.url.host, error}, {passing: true})
}

function startOf(reply: Reply, at: number): number {
  if (reply.status === 200) return 0
  const range = reply.status === 206 ? /^bytes (\d+)-/.exec(reply.headers['content-range'] ?? '') : null
  if (range !== null && Number(range[1]) === at) return at
  discard(reply)
  throw nonsense(
    reply,
    reply.status === 416 ? `has fewer than ${at} bytes of the layer` : 'sends another range than asked',
  )
}

/** A registry that was there a moment ago will be back. */
function connectionPasses(error: unknown): unknown {
  if (!(error instanceof RegistryFailure) || error.reason.kind !== 'connection') return error
  return new RegistryFailure(error.reason, {passing: true, wait: error.wait})
}

const nonsense = ({url}: Reply, what: string) => new RegistryFailure({kind: 'nonsense', host: url.host, what})
