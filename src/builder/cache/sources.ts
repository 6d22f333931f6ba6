import {describe} from '../../base/error.ts'
import {type CacheSource, cacheName} from '../../model/build-cache.ts'
import type {Image} from '../../model/image.ts'
import type {Builds} from '../../runtime/image/builds.ts'
import type {Caches} from '../../runtime/image/caches.ts'
import {adopted, type Cache} from './adopt.ts'
import {localCache} from './local.ts'

export type CacheSources = {
  /** A step of the first that has it. */
  find(wanted: {readonly key: string; readonly parent: Image}): Promise<Image | undefined>
  close(): Promise<void>
}

type Parts = {
  readonly builds: Builds
  readonly caches: Caches | undefined
  readonly warn: (text: string) => void
  readonly signal: AbortSignal
}

/** They are opened when a step is wanted that is not here. One that fails is told of, and not asked again. */
export function cacheSources(all: readonly CacheSource[], {builds, caches, warn, signal}: Parts): CacheSources {
  const opened = new Map<CacheSource, Promise<Cache | undefined>>()
  const refused = new Set<CacheSource>()

  async function attempt<T>(source: CacheSource, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (error) {
      signal.throwIfAborted()
      if (!refused.has(source)) warn(`the cache ${cacheName(source)} is not used: ${describe(error)}`)
      refused.add(source)
      return undefined
    }
  }

  async function open(source: CacheSource): Promise<Cache | undefined> {
    if (source.kind === 'directory') return localCache(source.path)
    const {reference} = source
    const found = await attempt(source, async () => await caches?.open(reference, {signal}))
    return found && {...found, name: reference, step: async key => found.steps.get(key)}
  }

  function cacheOf(source: CacheSource): Promise<Cache | undefined> {
    const known = opened.get(source)
    if (known !== undefined) return known
    const begun = open(source)
    begun.catch(() => undefined)
    opened.set(source, begun)
    return begun
  }

  return {
    async find(wanted) {
      for (const source of all) {
        const cache = refused.has(source) ? undefined : await cacheOf(source)
        if (cache === undefined || refused.has(source)) continue
        const step = await attempt(source, () => adopted(builds, cache, wanted))
        if (step !== undefined) return step
      }
      return undefined
    },

    async close() {
      for (const each of opened.values()) (await each.catch(() => undefined))?.close()
    },
  }
}
