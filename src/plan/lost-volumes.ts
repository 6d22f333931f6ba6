import type {Actual, ActualContainer} from '../engine/engine.ts'
import {label} from '../engine/labels.ts'
import type {Project, Volume} from '../model/project.ts'
import {isUp} from './compare.ts'
import {volumeHash} from './hash.ts'
import {usedVolumes} from './resources.ts'
import type {Step} from './step.ts'
import type {StepList} from './step-list.ts'
import {refOf} from './teardown.ts'

/** A volume that is to be made anew: its data is lost, and the containers that have it are made anew too. */
export type LostVolume = {readonly volume: Volume; readonly users: readonly ActualContainer[]}

/** The project's own volumes that these services use and that were made with another configuration. */
export function changedVolumes(project: Project, actual: Actual, services: ReadonlySet<string>): LostVolume[] {
  const used = new Set([...services].flatMap(name => usedVolumes(project.services[name]!)))
  return Object.values(project.volumes).flatMap(volume => {
    const labels = actual.volumes.find(({name}) => name === volume.name)?.labels ?? {}
    const before = labels[label.configHash]
    if (!used.has(volume.key) || volume.external || labels[label.project] !== project.name) return []
    if (before === undefined || before === volumeHash(volume)) return []
    return [{volume, users: actual.containers.filter(each => each.volumes.includes(volume.name))}]
  })
}

/** Whose container it is that the file has no service for: it would be left without its volume. */
export const strangersOn = ({users}: LostVolume, project: Project): string[] =>
  users.filter(({service, oneoff}) => oneoff || !(service in project.services)).map(({name}) => name)

export const warnOfChange = ({volume: {name}}: LostVolume): string =>
  `volume "${name}" was made with another configuration, which it keeps: --yes makes it anew, without its data`

/** What there will be once the volumes are gone, with the containers that had them. */
export function withoutLost(actual: Actual, lost: readonly LostVolume[]): Actual {
  const going = new Set(lost.flatMap(({users}) => users))
  const names = new Set(lost.map(({volume}) => volume.name))
  return {
    ...actual,
    containers: actual.containers.filter(each => !going.has(each)),
    volumes: actual.volumes.filter(({name}) => !names.has(name)),
  }
}

/** Takes the containers away, then the volumes; gives the removals by name of the volume. */
export function removeLost(
  lost: readonly LostVolume[],
  {list, after}: {readonly list: StepList; readonly after: readonly Step[]},
): ReadonlyMap<string, Step> {
  const checks = lost.map(({volume: {name}, users}) =>
    list.add({kind: 'check-volume', name, users: users.map(({id}) => id)}, 'it has changed, and is to be made anew'),
  )
  const removed = new Map<ActualContainer, Step>()
  for (const {volume, users} of lost) {
    for (const each of users) {
      if (!removed.has(each)) removed.set(each, removeUser(list, each, {volume, after: [...after, ...checks]}))
    }
  }
  return new Map(
    lost.map(({volume: {name}, users}) => {
      const steps = {
        after: [...checks, ...users.map(each => removed.get(each)!)],
        destroys: `the data of volume "${name}"`,
      }
      return [name, list.add({kind: 'remove-volume', name}, 'configuration changed', steps)]
    }),
  )
}

function removeUser(
  list: StepList,
  container: ActualContainer,
  {volume, after}: {readonly volume: Volume; readonly after: readonly Step[]},
): Step {
  const because = `volume "${volume.name}" has changed`
  const ref = refOf(container)
  const stopped = isUp(container) ? [list.add({kind: 'stop-container', container: ref}, because, {after})] : after
  return list.add({kind: 'remove-container', container: ref, volumes: false}, because, {after: stopped})
}
