import type {ActualContainer} from '../engine/engine.ts'
import {label} from '../engine/labels.ts'
import {isUp} from './compare.ts'
import {stopContainer} from './hooks.ts'
import type {ContainerRef, Step} from './step.ts'
import type {StepList} from './step-list.ts'

export const refOf = ({service, number, name, id, labels}: ActualContainer): ContainerRef => ({
  ...{service, number, name, id},
  ...(labels[label.hook] === 'pre_start' ? {hook: 'pre_start'} : {}),
})

export type Removal = {
  readonly because: string
  /** Waited for, whatever came of them: cleaning up does not end at the first failure. */
  readonly settled?: readonly Step[]
  readonly grace?: number
  /** Its anonymous volumes with it. */
  readonly volumes?: boolean
}

/** Stops it where it runs, then removes it; gives both steps. */
export function removeContainer(
  list: StepList,
  container: ActualContainer,
  {because, settled = [], grace, volumes = false}: Removal,
) {
  const ref = refOf(container)
  const stopped = isUp(container)
    ? stopContainer(list, container, {container: ref, because, settled, ...(grace === undefined ? {} : {grace})})
    : undefined
  const removed = list.add({kind: 'remove-container', container: ref, volumes}, because, {
    ...(stopped === undefined ? {settled} : {after: [stopped]}),
  })
  return {stopped, removed}
}
