import type {ActualContainer} from '../engine/engine.ts'
import {hooksOf} from '../engine/hook-label.ts'
import type {Dependency, Project, Service} from '../model/project.ts'
import {isCompleted, isUp} from './compare.ts'
import type {Decision} from './converge.ts'
import {startContainer} from './hooks.ts'
import {imagesOf} from './images.ts'
import {dependenciesOf, isJob} from './order.ts'
import {needsPreStart, runPreStart} from './pre-start.ts'
import {type Made, usedNetworks} from './resources.ts'
import type {Operation, Step} from './step.ts'
import type {StepList} from './step-list.ts'
import type {Progress, UpWork} from './up-steps.ts'

type Starting = {
  readonly list: StepList
  readonly progress: ReadonlyMap<string, readonly Progress[]>
  readonly images: Made
  readonly containers: readonly ActualContainer[]
  /** Networks that were missing, by name: a container that is there already has not waited for them. */
  readonly made: ReadonlyMap<string, Step>
  /** Those that are made anew after all containers were made. */
  readonly renewed: ReadonlyMap<string, Step>
}
type Waits = Map<Progress, Map<Operation['kind'], Step | undefined>>
type Context = Starting & {readonly started: Map<Progress, Step>; readonly waits: Waits}
type WaitKind = 'wait-running' | 'wait-healthy' | 'wait-completed'

/** Starts what is to run as soon as what it depends on is as far as it asks. */
export function startServices(project: Project, {decisions, chosen, options}: UpWork, starting: Starting): void {
  const {list, progress, made, renewed} = starting
  const context: Context = {...starting, started: new Map(), waits: new Map()}
  for (const decision of decisions) {
    const {service} = decision
    const toStart = progress.get(service.name)!.filter(({replica}) => replica.action !== 'keep')
    if (toStart.length === 0) continue
    const names = usedNetworks(service).map(key => project.networks[key]?.name ?? '')
    const isThere = toStart.some(({created}) => created === undefined)
    const networks = names.flatMap(name => renewed.get(name) ?? (isThere ? made.get(name) : undefined) ?? [])
    const conditions = prepared(project, decision, {
      context,
      toStart,
      conditions: conditionsOf(service, networks, context),
    })
    for (const each of toStart) context.started.set(each, start(each, service, {list, conditions}))
  }
  if (!options.wait) return
  for (const {service} of decisions) {
    if (!chosen.has(service.name)) continue
    for (const each of progress.get(service.name)!)
      wait(each, finalWait(project, service), {because: 'the end of it is awaited', context})
  }
}

const finalWait = (project: Project, service: Service): WaitKind => {
  if (isJob(project, service.name)) return 'wait-completed'
  return service.healthcheck?.disable === false && service.healthcheck.test !== undefined
    ? 'wait-healthy'
    : 'wait-running'
}

type Conditions = {
  readonly after: readonly Step[]
  readonly settled: readonly Step[]
  readonly notes: readonly string[]
}

type Before = {readonly context: Context; readonly toStart: readonly Progress[]; readonly conditions: Conditions}

/** The conditions, with what has to run to its end before the first replica. */
function prepared(project: Project, decision: Decision, {context, toStart, conditions}: Before): Conditions {
  const {service} = decision
  if (!needsPreStart(decision)) return conditions
  const {list, containers, images} = context
  const ready = toStart.flatMap(({settled, stopped}) => settled ?? stopped ?? [])
  const last = runPreStart({
    ...{list, project, service, containers, replica: toStart[0]!.ref, because: 'before the first start'},
    after: [...imagesOf(service).flatMap(image => images.get(image) ?? []), ...ready, ...conditions.after],
    settled: conditions.settled,
  })
  return last === undefined ? conditions : {...conditions, after: [...conditions.after, last]}
}

function start(
  {replica, ref, settled, stopped}: Progress,
  service: Service,
  {list, conditions}: {list: StepList; conditions: Conditions},
): Step {
  const {after, settled: ended, notes} = conditions
  const own = settled ?? stopped
  const because =
    replica.action === 'start' || replica.action === 'restart'
      ? replica.because
      : replica.action === 'replace'
        ? 'replaced'
        : 'created'
  const postStart =
    replica.action === 'start' || replica.action === 'restart'
      ? hooksOf(replica.container.labels).postStart
      : (service.postStart ?? [])
  return startContainer(list, ref, {
    because: [because, ...notes].join('; '),
    postStart,
    after: own === undefined ? after : [own, ...after],
    settled: ended,
  })
}

function conditionsOf(service: Service, networks: readonly Step[], context: Context): Conditions {
  const after = [...networks]
  const settled: Step[] = []
  const notes: string[] = []
  for (const [name, dependency] of Object.entries(dependenciesOf(service))) {
    for (const each of context.progress.get(name) ?? []) {
      const step = conditionStep(each, dependency, {context, dependent: service.name})
      if (step !== undefined) (dependency.required ? after : settled).push(step)
      else if (dependency.condition === 'service_completed_successfully') notes.push(`${name} has completed already`)
    }
  }
  return {after, settled, notes}
}

/** What to wait for, or undefined where the dependency is that far. */
function conditionStep(
  each: Progress,
  {condition}: Dependency,
  {context, dependent}: {context: Context; dependent: string},
): Step | undefined {
  if (condition === 'service_started') return context.started.get(each)
  const [kind, state] =
    condition === 'service_healthy'
      ? (['wait-healthy', 'healthy'] as const)
      : (['wait-completed', 'completed'] as const)
  return wait(each, kind, {because: `${dependent} needs it ${state}`, context})
}

function wait(
  each: Progress,
  kind: WaitKind,
  {because, context}: {because: string; context: Context},
): Step | undefined {
  const known = context.waits.get(each) ?? new Map<Operation['kind'], Step | undefined>()
  context.waits.set(each, known)
  if (!known.has(kind)) known.set(kind, newWait(each, kind, {because, context}))
  return known.get(kind)
}

function newWait(
  each: Progress,
  kind: WaitKind,
  {because, context}: {because: string; context: Context},
): Step | undefined {
  const started = context.started.get(each)
  if (started === undefined && isReached(each, kind)) return undefined
  return context.list.add({kind, container: each.ref}, because, {after: started === undefined ? [] : [started]})
}

function isReached({replica}: Progress, kind: WaitKind): boolean {
  if (replica.action !== 'keep') return false
  const {container} = replica
  if (kind === 'wait-completed') return isCompleted(container)
  if (kind === 'wait-healthy') return isUp(container) && container.health === 'healthy'
  return container.status === 'running' && (container.health === 'none' || container.health === 'healthy')
}
