import type {Engine, ImageFacts} from '../engine/engine.ts'
import type {Service} from '../model/project.ts'

/** The images of services that are present, by reference: what a plan compares containers with. */
export async function presentImages(engine: Engine, services: Iterable<Service>): Promise<Map<string, ImageFacts>> {
  const references = [...new Set([...services].map(({image}) => image))]
  const found = await Promise.all(
    references.map(async reference => [reference, await engine.findImage(reference)] as const),
  )
  return new Map(found.flatMap(([reference, facts]) => (facts === undefined ? [] : [[reference, facts] as const])))
}
