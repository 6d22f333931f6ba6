import type {SourceFile} from '../../base/diagnostic.ts'
import type {Image} from '../../model/image.ts'
import type {Builds} from '../../runtime/image/builds.ts'
import type {Used} from '../cache/keep.ts'
import type {CacheSources} from '../cache/sources.ts'
import type {Instruction} from '../dockerfile/instruction.ts'
import type {Hashes} from '../files/hashes.ts'
import type {Source} from '../files/source.ts'
import type {BuildHost, BuildRequest} from '../request.ts'
import type {State} from './state.ts'

/** What one step is done with. */
export type StepContext = {
  readonly request: BuildRequest
  readonly host: BuildHost
  readonly builds: Builds
  readonly hashes: Hashes
  readonly dockerfile: SourceFile
  readonly signal: AbortSignal
  readonly context: Source
  /** Nothing of its stage is taken from earlier builds. */
  readonly isFresh: boolean
  /** What `--from` and `from=` mean: a stage, a named context, an image. */
  from(name: string, instruction: Instruction): Promise<Source>
  readonly onLine: (line: string) => void
  /** The steps of this build, for who keeps them elsewhere. */
  readonly used: Used[]
  readonly sources: CacheSources
}

/** What a step comes to: `isCached` where nothing had to be done. */
export type Stepped = {readonly state: State; readonly isCached: boolean}

/** Makes a step on top of `parent` unless it is known by its key, here or where the request says. Two that make the same one at a time make it once. */
export async function stepOf(
  context: StepContext,
  {key, parent}: {readonly key: string; readonly parent: Image},
  make: () => Promise<Image>,
): Promise<{step: Image; isCached: boolean}> {
  const found = await foundOrMade(context, {key, parent}, make)
  context.used.push({key, parent, step: found.step})
  return found
}

async function foundOrMade(
  {builds, isFresh, signal, sources}: StepContext,
  {key, parent}: {readonly key: string; readonly parent: Image},
  make: () => Promise<Image>,
): Promise<{step: Image; isCached: boolean}> {
  const known = isFresh ? undefined : await builds.find(key)
  if (known !== undefined) return {step: known, isCached: true}
  for (let running = underWay.get(key); running !== undefined; running = underWay.get(key)) {
    // Another build's failure or end is not ours.
    const step = await running.catch(() => undefined)
    if (step !== undefined) return {step, isCached: true}
    signal.throwIfAborted()
  }
  let isCached = true
  const taken = isFresh ? Promise.resolve(undefined) : sources.find({key, parent})
  const making = taken
    .then(step => {
      isCached = step !== undefined
      return step ?? make()
    })
    .finally(() => underWay.delete(key))
  underWay.set(key, making)
  return {step: await making, isCached}
}

const underWay = new Map<string, Promise<Image>>()
