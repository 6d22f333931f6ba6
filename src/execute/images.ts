import type {Engine, ImageFacts} from '../engine/engine.ts'
import type {Service} from '../model/project.ts'
import {imagesOf} from '../plan/images.ts'
import type {PullPolicy} from '../plan/step.ts'

/** The images of services that are present, by reference: what a plan compares containers with. */
export async function presentImages(engine: Engine, services: Iterable<Service>): Promise<Map<string, ImageFacts>> {
  const references = [...new Set([...services].flatMap(imagesOf))]
  const found = await Promise.all(references.map(async name => [name, await engine.findImage(name)] as const))
  return new Map(found.flatMap(([name, facts]) => (facts === undefined ? [] : [[name, facts] as const])))
}

/** `mustSucceed`: not wanted because of its age alone. */
export type Refresh = {readonly image: string; readonly mustSucceed: boolean; readonly platform?: string}

export type Refreshing = {
  /** Instead of each service's own. */
  readonly pull?: PullPolicy | undefined
  readonly images: ReadonlyMap<string, ImageFacts>
  readonly now: number
}

/**
 * The images whose newest is wanted whatever is here. To be fetched before planning, so that the plan replaces what
 * runs an older one.
 */
export function imagesToRefresh(services: Iterable<Service>, {pull, images, now}: Refreshing): Refresh[] {
  const wanted = new Map<string, Refresh>()
  for (const service of services) {
    const always = (pull ?? service.pullPolicy) === 'always'
    for (const image of imagesOf(service)) {
      const refresh = {image, mustSucceed: always, ...(service.platform && {platform: service.platform})}
      if (always) wanted.set(image, refresh)
      else if (pull === undefined && isOld(images.get(image), service, now) && !wanted.has(image))
        wanted.set(image, refresh)
    }
  }
  return [...wanted.values()]
}

/** What is not here at all is fetched when it is needed. */
function isOld(facts: ImageFacts | undefined, {refreshAfter}: Service, now: number): boolean {
  if (facts === undefined || refreshAfter === undefined) return false
  return facts.checkedAt === undefined || now - facts.checkedAt >= refreshAfter
}
