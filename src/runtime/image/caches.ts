import {createReadStream} from 'node:fs'
import {Readable} from 'node:stream'
import {StackError} from '../../base/error.ts'
import {member} from '../../base/foreign.ts'
import {sha256} from '../../base/hash.ts'
import {type CacheMap, cacheConfig, cacheConfigType, readCacheMap} from '../../model/cache-map.ts'
import type {ContentStore, Descriptor, Platform} from '../../model/oci.ts'
import type {CredentialSource} from '../../registry/auth.ts'
import {type DockerReference, parseDocker} from '../../registry/reference.ts'
import type {RegistryOptions} from '../runtime.ts'
import {parseJson} from './oci/json.ts'
import type {Packed} from './packed.ts'
import {ordinaryPatience} from './registry/retry.ts'

/** Steps of builds in registries: artifacts of our own, and images that tell of theirs. */
export type Caches = {
  /** Errors: image-not-found, image-failed, timeout, cancelled. */
  open(reference: string, options: CacheOptions): Promise<RemoteCache>
  /** `layers` in the order of `diffIds`. Errors: the same, bad-request. Within `during`. */
  push(reference: string, map: CacheMap, layers: readonly Packed[], options: CacheOptions): Promise<void>
}

export type CacheOptions = RegistryOptions & {readonly signal: AbortSignal}

export type RemoteCache = CacheMap & {
  /** The archive of a layer, which has the digest that the manifest says. Errors: image-failed, timeout. */
  layer(diffId: string): Promise<{readonly archive: AsyncIterable<Uint8Array>; readonly descriptor: Descriptor}>
  close(): void
}

type Parts = {
  readonly content: ContentStore
  readonly platform: Platform
  readonly credentials: (reference: DockerReference, header: string | undefined) => CredentialSource
}

const ours = new RegExp(`^${cacheConfigType.replace(/[.+]/g, '\\$&')}$`)
/** What a cache would save is soon done. */
const impatience = {...ordinaryPatience, attempts: 2, stall: 10_000}
/** The key of an image's configuration. */
const inlineOfBuildKit = 'moby.buildkit.cache.v0'
const manifestType = 'application/vnd.oci.image.manifest.v1+json'

export function cachesOf({content, platform, credentials}: Parts): Caches {
  async function blob(mediaType: string, value: object): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(value))
    const descriptor = {mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length}
    await content.ingest(descriptor, async offset => Readable.from([bytes.subarray(offset)]))
    return descriptor
  }

  return {
    async open(reference, {auth, signal}) {
      const {openArtifact} = await import('./registry/artifact.ts')
      const surroundings = {patience: impatience}
      const options = {platform, content, auth: credentials(parseDocker(reference), auth), signal, surroundings}
      const {config, layers, fetch, close} = await openArtifact(reference, {...options, configs: ours})
      try {
        const written = parseJson(config, 'its configuration')
        const map = readCacheMap(written)
        if (map === undefined) {
          const isForeign = member(written, inlineOfBuildKit) !== undefined
          const what = isForeign
            ? 'tells of steps in the form of BuildKit, which is not read here'
            : 'tells of no steps'
          throw new StackError('image-failed', `${reference} ${what}`)
        }
        if (map.diffIds.length !== layers.length) {
          const counts = `its configuration names ${map.diffIds.length} layers, its manifest ${layers.length}`
          throw new StackError('image-failed', `${reference}: ${counts}`)
        }
        const layer = async (diffId: string) => {
          const found = layers[map.diffIds.indexOf(diffId)]
          if (found === undefined) throw new StackError('image-failed', `it names a layer that it has not: ${diffId}`)
          await fetch(found)
          const archive = createReadStream(content.path(found.digest), {highWaterMark: 1 << 18})
          return {archive, descriptor: found}
        }
        return {...map, layer, close}
      } catch (error) {
        close()
        throw error
      }
    },

    async push(reference, map, layers, {auth, signal}) {
      const config = await blob(cacheConfigType, cacheConfig(map))
      const value = {schemaVersion: 2, mediaType: manifestType, config, layers: layers.map(each => each.descriptor)}
      const manifest = await blob(manifestType, value)
      const {pushImage} = await import('./registry/push.ts')
      await pushImage(reference, {
        manifest,
        content,
        configs: ours,
        fetch: async digest => await layers.find(each => each.descriptor.digest === digest)?.file(),
        progress: () => undefined,
        auth: credentials(parseDocker(reference), auth),
        signal,
      })
    },
  }
}
