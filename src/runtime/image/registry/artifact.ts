import {StackError} from '../../../base/error.ts'
import type {ContentStore, Descriptor, Platform} from '../../../model/oci.ts'
import type {CredentialSource} from '../../../registry/auth.ts'
import {parseDocker} from '../../../registry/reference.ts'
import {download, sourcesOf} from './download.ts'
import {explain} from './explain.ts'
import {resolve} from './resolve.ts'
import {openSession, type Surroundings} from './session.ts'

export type ArtifactOptions = {
  /** What its configuration may be. */
  readonly configs: RegExp
  readonly platform: Platform
  readonly content: ContentStore
  readonly auth: CredentialSource
  readonly signal: AbortSignal | undefined
  readonly surroundings?: Surroundings
}

export type Artifact = {
  /** Its configuration, verified by its digest. */
  readonly config: Uint8Array
  readonly layers: readonly Descriptor[]
  /** Makes a layer present in the store. */
  fetch(layer: Descriptor): Promise<void>
  close(): void
}

/**
 * What a reference of a registry means, without its layers: these come when they are asked for.
 * Errors: image-not-found, image-failed, timeout, cancelled; invalid-file for settings and credentials.
 */
export async function openArtifact(reference: string, options: ArtifactOptions): Promise<Artifact> {
  const read = parseDocker(reference)
  const {content, auth, signal, surroundings = {}} = options
  const scopes = [`repository:${read.path}:pull`]
  const session = await openSession({reference: read, scopes, mirrored: true, auth, surroundings, signal})
  const failing = async (error: unknown, what?: string): Promise<never> => {
    if (signal?.aborted) throw new StackError('cancelled', `reading ${read.text} was interrupted`, {exitCode: 130})
    const found = await auth(read.registry, read.path).catch(() => ({}))
    throw explain(error, {reference: read, action: 'pull', found, ...(what === undefined ? {} : {what})})
  }
  try {
    const {image, endpoints} = await resolve({...options, ...session, reference: read}).catch(failing)
    const fetch = async (wanted: Descriptor, what: string): Promise<void> => {
      if (await content.has(wanted.digest)) return
      const sources = sourcesOf(endpoints, wanted, {...session, signal})
      await download(content, wanted, sources, {progress: () => undefined, signal}).catch(error => failing(error, what))
    }
    await fetch(image.config, 'configuration')
    return {
      config: await content.read(image.config.digest),
      layers: image.layers,
      fetch: layer => fetch(layer, `layer ${layer.digest}`),
      close: session.close,
    }
  } catch (error) {
    session.close()
    throw error
  }
}
