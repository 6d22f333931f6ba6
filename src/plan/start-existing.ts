import {inOrder} from '../base/graph.ts'
import type {ActualContainer} from '../engine/engine.ts'
import {hooksOf} from '../engine/hook-label.ts'
import type {Dependency} from '../model/project.ts'
import {isCompleted} from './compare.ts'
import {startContainer} from './hooks.ts'
import type {Dependencies} from './order.ts'
import type {OperationKind, Step} from './step.ts'
import type {Edges, StepList} from './step-list.ts'
import {refOf} from './teardown.ts'

export type Existing = {
  readonly containers: readonly ActualContainer[]
  /** Those to start, with why and after which step. */
  readonly toStart: ReadonlyMap<ActualContainer, {readonly because: string; readonly after?: Step | undefined}>
  readonly dependencies: Dependencies
  readonly list: StepList
  /** What has to be done before the first container of a service that has never run. */
  readonly prepare: (service: string, first: ActualContainer, edges: Edges) => Step | undefined
  /** Ends when all is running and healthy. */
  readonly wait: boolean
}

/** Starts containers that are there, each when what it depends on is as far as it asks. */
export function startExisting({containers, toStart, dependencies, list, prepare, wait}: Existing): void {
  const services = inOrder(
    containers.map(({service}) => service),
    service => Object.keys(dependencies(service)),
  )
  const started = new Map<ActualContainer, Step>()
  const waits = new Map<string, Step>()
  const waitFor = (kind: WaitKind, container: ActualContainer, because: string): Step => {
    const key = `${kind} ${container.id}`
    const step =
      waits.get(key) ??
      list.add({kind, container: refOf(container)}, because, {after: [started.get(container) ?? []].flat()})
    waits.set(key, step)
    return step
  }
  for (const service of services) {
    const own = containers.filter(each => each.service === service && toStart.has(each))
    const edges = {after: [] as Step[], settled: [] as Step[]}
    for (const [name, dependency] of own.length === 0 ? [] : Object.entries(dependencies(service))) {
      for (const each of containers.filter(other => other.service === name)) {
        const step = condition(each, dependency, {
          started,
          waitFor: kind => waitFor(kind, each, `${service} depends on it`),
        })
        if (step !== undefined) (dependency.required ? edges.after : edges.settled).push(step)
      }
    }
    const isNew = own.length > 0 && containers.every(each => each.service !== service || each.status === 'created')
    const prepared = isNew ? prepare(service, own[0]!, edges) : undefined
    if (prepared !== undefined) edges.after.push(prepared)
    for (const each of own) {
      const {because, after} = toStart.get(each)!
      const all = after === undefined ? edges.after : [after, ...edges.after]
      const {postStart} = hooksOf(each.labels)
      started.set(each, startContainer(list, refOf(each), {...edges, because, postStart, after: all}))
    }
  }
  if (wait)
    for (const each of containers) if (started.has(each)) waitFor('wait-running', each, 'the end of it is awaited')
}

type WaitKind = Extract<OperationKind, 'wait-running' | 'wait-healthy' | 'wait-completed'>
type Conditions = {readonly started: ReadonlyMap<ActualContainer, Step>; readonly waitFor: (kind: WaitKind) => Step}

function condition(
  container: ActualContainer,
  {condition: wanted}: Dependency,
  {started, waitFor}: Conditions,
): Step | undefined {
  const step = started.get(container)
  if (wanted === 'service_started') return step
  const reached = wanted === 'service_healthy' ? container.health === 'healthy' : isCompleted(container)
  if (step === undefined && reached) return undefined
  return waitFor(wanted === 'service_healthy' ? 'wait-healthy' : 'wait-completed')
}
