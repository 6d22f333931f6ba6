import type {ActualContainer} from '../engine/engine.ts'
import {label} from '../engine/labels.ts'
import type {Project} from '../model/project.ts'
import {isUp} from './compare.ts'

/** Containers of the project whose service is no longer in the file, and one-off ones that have ended. */
export function orphansOf(project: Project, containers: readonly ActualContainer[]): ActualContainer[] {
  const known = (service: string) => service in project.services || service in project.disabledServices
  return containers.filter(each => {
    if (!each.oneoff) return !known(each.service)
    // A container that ran before its service goes when the service is started again.
    return !isUp(each) && !(label.hook in each.labels && project.services[each.service]?.preStart !== undefined)
  })
}

export function warnOfOrphans(orphans: readonly ActualContainer[]): string[] {
  const names = orphans.filter(({oneoff}) => !oneoff).map(({name}) => name)
  if (names.length === 0) return []
  return [`containers of services that the file does not have: ${names.join(', ')}; remove them with --remove-orphans`]
}
