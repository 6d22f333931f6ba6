import type {ActualContainer} from '../engine/engine.ts'
import {hooksOf} from '../engine/hook-label.ts'
import type {Hook} from '../model/project.ts'
import type {ContainerRef, HookMoment, Step} from './step.ts'
import type {Edges, StepList} from './step-list.ts'

export type Starting = Pick<Edges, 'after' | 'settled'> & {
  readonly because: string
  readonly postStart: readonly Hook[]
}

/** Starts a container and runs its hooks; gives the step that others wait for when they need it started. */
export function startContainer(list: StepList, container: ContainerRef, starting: Starting): Step {
  const {because, postStart, ...edges} = starting
  const started = list.add({kind: 'start-container', container}, because, edges)
  return inOrder(list, {container, moment: 'post_start', hooks: postStart, edges: {after: [started]}}) ?? started
}

export type Stopping = Pick<Edges, 'after' | 'settled'> & {
  readonly container: ContainerRef
  readonly because: string
  /** Milliseconds. */
  readonly grace?: number
}

/** Runs the hooks of a container that runs, and stops it, whatever came of them. */
export function stopContainer(
  list: StepList,
  {status, labels}: Pick<ActualContainer, 'status' | 'labels'>,
  {container, because, grace, after = [], settled = []}: Stopping,
): Step {
  const hooks = status === 'running' ? hooksOf(labels).preStop : []
  const last = inOrder(list, {container, moment: 'pre_stop', hooks, edges: {after, settled}})
  return list.add({kind: 'stop-container', container, ...(grace === undefined ? {} : {grace})}, because, {
    after,
    settled: last === undefined ? settled : [...settled, last],
  })
}

type InOrder = {
  readonly container: ContainerRef
  readonly moment: HookMoment
  readonly hooks: readonly Hook[]
  readonly edges: Edges
}

function inOrder(list: StepList, {container, moment, hooks, edges}: InOrder): Step | undefined {
  let last: Step | undefined
  hooks.forEach((hook, index) => {
    const because = `${moment}[${index}]`
    const operation = {kind: 'run-hook', container, moment, index, hook} as const
    last = list.add(operation, because, last === undefined ? edges : {after: [last]})
  })
  return last
}
