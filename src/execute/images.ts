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

/**
 * The references whose newest is wanted whatever is here. To be fetched before planning, so that the plan replaces
 * what runs an older one; the plan itself then has `pull: 'missing'`.
 */
export function imagesToRefresh(services: Iterable<Service>, pull: PullPolicy | undefined): string[] {
  const wanted = [...services].filter(({pullPolicy}) => (pull ?? pullPolicy) === 'always')
  return [...new Set(wanted.flatMap(imagesOf))]
}
