import type {ActualContainer} from '../engine/engine.ts'
import type {Scope} from './down.ts'
import {imagesOf} from './images.ts'

export type Removal = 'local' | 'all'

/** References that `--rmi` is about: all that the services and their containers use, or those that are named after them. */
export function ownImages(
  {name, project}: Scope,
  containers: readonly ActualContainer[],
  {services, kind}: {readonly services: readonly string[]; readonly kind: Removal},
): string[] {
  const used = [
    ...Object.values({...project?.services}).flatMap(each => imagesOf(each).map(image => [each.name, image] as const)),
    ...containers.map(({service, image}) => [service, image] as const),
  ]
  const wanted = used.filter(
    ([service, image]) =>
      (services.length === 0 || services.includes(service)) && (kind === 'all' || image === `${name}-${service}`),
  )
  return [...new Set(wanted.map(([, image]) => image))].sort()
}
