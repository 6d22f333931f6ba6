import {describe, StackError, within} from '../../base/error.ts'
import {type CacheTarget, cacheName} from '../../model/build-cache.ts'
import type {CacheMap, KeptStep} from '../../model/cache-map.ts'
import type {BuiltStep, Image} from '../../model/image.ts'
import type {Builds} from '../../runtime/image/builds.ts'
import type {Caches} from '../../runtime/image/caches.ts'
import type {Packed} from '../../runtime/image/packed.ts'
import {parseReference} from '../../runtime/image/reference.ts'
import {keepIn} from './local.ts'

/** A step that a build was made of, done or known. */
export type Used = {readonly key: string; readonly parent: Image; readonly step: Image}

type Kept = {readonly used: readonly Used[]; readonly last: Image}

type Parts = {
  readonly builds: Builds
  readonly caches: Caches | undefined
  readonly warn: (text: string) => void
  readonly signal: AbortSignal
}

/** Before anything is done for it. Errors: build-failed for what no registry takes. */
export function checkTargets(targets: readonly CacheTarget[]): void {
  for (const target of targets) {
    if (target.kind !== 'registry') continue
    const reference = parseReference(target.reference)
    if (reference.kind !== 'docker' || reference.digest !== undefined) {
      throw new StackError('build-failed', `cache_to: "${target.reference}" is no name of a registry with a tag`)
    }
  }
}

/** Keeps a build's steps where it is asked for. Errors: those of registries and of the disk, unless these are ignored. */
export async function keepSteps(targets: readonly CacheTarget[], kept: Kept, parts: Parts): Promise<void> {
  for (const target of targets) {
    if (target.kind === 'inline') continue
    try {
      const steps = toldOf(target.mode === 'max' ? kept.used : chainOf(kept), parts.builds)
      await within(`cache_to ${cacheName(target)}`, () => keep(target, steps, parts))
    } catch (error) {
      parts.signal.throwIfAborted()
      if (!target.ignoreError) throw error
      parts.warn(`the cache was not kept: ${describe(error)}`)
    }
  }
}

/** What the image itself tells: steps whose layers it has. */
export const inlineSteps = (targets: readonly CacheTarget[], kept: Kept, builds: Builds): BuiltStep[] =>
  targets.some(each => each.kind === 'inline') ? toldOf(chainOf(kept), builds) : []

async function keep(
  target: Exclude<CacheTarget, {kind: 'inline'}>,
  steps: readonly BuiltStep[],
  {builds, caches, signal}: Parts,
): Promise<void> {
  const packed = new Map<string, Packed>()
  for (const {layer} of steps.flatMap(each => each.layers)) {
    signal.throwIfAborted()
    if (!packed.has(layer)) packed.set(layer, await builds.packed.of(layer))
  }
  const told = new Map(
    steps.map(({key, once, layers}): [string, KeptStep] => {
      const archives = layers.map(each => ({target: each.target, diffId: packed.get(each.layer)!.diffId}))
      return [key, {once, layers: archives}]
    }),
  )
  const all = [...new Map([...packed.values()].map(each => [each.diffId, each])).values()]
  if (target.kind === 'directory') return await keepIn(target.path, told, all)
  const map: CacheMap = {steps: told, diffIds: all.map(each => each.diffId)}
  if (caches === undefined) throw new StackError('unsupported', 'there is no store for images')
  await caches.push(parseReference(target.reference).text, map, all, {signal})
}

const toldOf = (used: readonly Used[], builds: Builds): BuiltStep[] =>
  [...new Map(used.map(each => [each.key, each])).values()].map(({key, parent, step}) => builds.told(key, parent, step))

/** The steps that the last one stands on, without those of other stages that only files were taken of. */
function chainOf({used, last}: Kept): Used[] {
  const byStep = new Map(used.map(each => [each.step.id, each]))
  const chain: Used[] = []
  for (let at = byStep.get(last.id); at !== undefined; at = byStep.get(at.parent.id)) {
    chain.push(at)
    byStep.delete(at.step.id)
  }
  return chain.reverse()
}
