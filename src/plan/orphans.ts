import type {ActualContainer} from '../engine/engine.ts'
import type {Project} from '../model/project.ts'
import {isUp} from './compare.ts'

/** Containers of the project whose service is no longer in the file, and one-off ones that have ended. */
export function orphansOf(project: Project, containers: readonly ActualContainer[]): ActualContainer[] {
  const known = (service: string) => service in project.services || service in project.disabledServices
  return containers.filter(each => (each.oneoff ? !isUp(each) : !known(each.service)))
}

export function warnOfOrphans(orphans: readonly ActualContainer[]): string[] {
  const names = orphans.filter(({oneoff}) => !oneoff).map(({name}) => name)
  if (names.length === 0) return []
  return [`containers of services that the file does not have: ${names.join(', ')}; remove them with --remove-orphans`]
}
