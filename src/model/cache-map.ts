import {member} from '../base/foreign.ts'

/**
 * A step as others are told of it, under its key. `once`: what makes it another than what the same step gave elsewhere;
 * without it the key says all. `layers`: what it adds, each to the overlay `target`, by the digest of the archive.
 */
export type KeptStep = {
  readonly once?: readonly string[] | undefined
  readonly layers: ReadonlyArray<{readonly target: string; readonly diffId: string}>
}

/** The key of a configuration, of an image or of an artifact, under which its steps are: `{"KEY": KeptStep}`. */
export const stepsKey = 'stack.build.steps.v1'

/** The configuration of an artifact that has steps, and layers in the order of its manifest. */
export const cacheConfigType = 'application/vnd.stack.build.steps.v1+json'

export type CacheMap = {
  readonly steps: ReadonlyMap<string, KeptStep>
  /** Of the manifest's layers, in their order. */
  readonly diffIds: readonly string[]
}

export const cacheConfig = ({steps, diffIds}: CacheMap): object => ({
  rootfs: {type: 'layers', diff_ids: diffIds},
  [stepsKey]: Object.fromEntries(steps),
})

/** What a stranger's configuration says of steps; undefined: nothing. What is malformed there is left out. */
export function readCacheMap(config: unknown): CacheMap | undefined {
  const found = member(config, stepsKey)
  if (found === null || typeof found !== 'object') return undefined
  const listed: unknown = member(member(config, 'rootfs'), 'diff_ids')
  const diffIds = Array.isArray(listed) ? listed.map(each => (isDiffId(each) ? each : '')) : []
  const steps = Object.entries(found).flatMap(([key, value]) => {
    const step = readStep(value)
    return step === undefined || !digits.test(key) ? [] : [[key, step] as const]
  })
  return {steps: new Map(steps), diffIds}
}

/** A stranger's word for a step; undefined where it makes no sense. */
export function readStep(value: unknown): KeptStep | undefined {
  const [once, layers] = [member(value, 'once'), member(value, 'layers')]
  if (once !== undefined && !(Array.isArray(once) && once.every(each => isText(each) && digits.test(each)))) return
  if (!Array.isArray(layers)) return
  const read = layers.map(each => ({target: member(each, 'target'), diffId: member(each, 'diffId')}))
  if (!read.every(isLayer) || new Set(read.map(each => each.target)).size < read.length) return
  return {...(once === undefined ? {} : {once}), layers: read}
}

const digits = /^[0-9a-f]{64}$/
const isText = (value: unknown): value is string => typeof value === 'string'
const isDiffId = (value: unknown): value is string => isText(value) && /^sha256:[0-9a-f]{64}$/.test(value)
const isLayer = (each: {target: unknown; diffId: unknown}): each is {target: string; diffId: string} =>
  isText(each.target) && isDiffId(each.diffId)
