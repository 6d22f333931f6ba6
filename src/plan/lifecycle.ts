import {StackError} from '../base/error.ts'
import type {Actual, ActualContainer} from '../engine/engine.ts'
import type {Service} from '../model/project.ts'
import {isUp} from './compare.ts'
import type {Scope} from './down.ts'
import {stopContainer} from './hooks.ts'
import {imagesOf} from './images.ts'
import {dependencyTable, dependentsOf, withDependencies} from './order.ts'
import {runPreStart} from './pre-start.ts'
import {inReverse} from './reverse.ts'
import {checkServices} from './selection.ts'
import {type Existing, startExisting} from './start-existing.ts'
import type {Plan, Step} from './step.ts'
import {StepList} from './step-list.ts'
import {refOf, removeContainer} from './teardown.ts'

export type Selection = {
  /** None: all. */
  readonly services?: readonly string[]
  /** Milliseconds of grace, instead of each container's own. */
  readonly timeout?: number
}

/** Stops what runs, dependents first. */
export function planStop(scope: Scope, actual: Actual, selection: Selection = {}): Plan {
  const list = new StepList()
  stopInOrder(scope, selectedOf(scope, actual, selection), {list, because: 'stop', ...graceOf(selection)})
  return {steps: list.steps, warnings: []}
}

export type StartOptions = {readonly services?: readonly string[]; readonly wait?: boolean}

/** Starts what is there and does not run, with what it depends on, in order. */
export function planStart(scope: Scope, actual: Actual, {services = [], wait = false}: StartOptions = {}): Plan {
  const all = selectedOf(scope, actual, {})
  checkServices(services, servicesOf(scope, all))
  for (const name of services) {
    if (all.some(({service}) => service === name)) continue
    throw new StackError('not-found', `service "${name}" has no container to start`, {hint: `stack up -d ${name}`})
  }
  const dependencies = dependencyTable(scope.project, all)
  const chosen = services.length === 0 ? undefined : withDependencies(services, dependencies)
  const containers = chosen === undefined ? all : all.filter(({service}) => chosen.has(service))
  const list = new StepList()
  const toStart = new Map(containers.filter(each => !isUp(each)).map(each => [each, {because: 'start'}] as const))
  startExisting({containers, toStart, dependencies, list, prepare: preparation(scope, actual, list), wait})
  return {steps: list.steps, warnings: []}
}

export type RestartOptions = Selection & {readonly noDeps?: boolean}

/** Stops and starts the same containers; who depends on them with `restart: true` too. No change of the file is applied. */
export function planRestart(scope: Scope, actual: Actual, options: RestartOptions = {}): Plan {
  const all = selectedOf(scope, actual, {})
  const dependencies = dependencyTable(scope.project, all)
  const chosen = selectedOf(scope, actual, options)
  const names = new Set(chosen.map(({service}) => service))
  const followers = options.noDeps
    ? []
    : all.filter(
        each =>
          !names.has(each.service) &&
          isUp(each) &&
          Object.entries(dependencies(each.service)).some(([name, {restart}]) => restart && names.has(name)),
      )
  const containers = [...chosen, ...followers]
  const list = new StepList()
  const stopped = stopInOrder(scope, containers, {list, because: 'restart', ...graceOf(options)})
  const toStart = new Map(containers.map(each => [each, {because: 'restart', after: stopped.get(each)}] as const))
  startExisting({containers, toStart, dependencies, list, prepare: preparation(scope, actual, list), wait: false})
  return {steps: list.steps, warnings: []}
}

/** Sends a signal to what runs, to all at once. */
export function planKill(
  scope: Scope,
  actual: Actual,
  {services = [], signal = 'SIGKILL'}: {services?: readonly string[]; signal?: string} = {},
): Plan {
  const list = new StepList()
  for (const each of selectedOf(scope, actual, {services}).filter(isUp)) {
    list.add({kind: 'kill-container', container: refOf(each), signal}, 'kill')
  }
  return {steps: list.steps, warnings: []}
}

export type RemoveOptions = Selection & {
  /** Also what runs, which is stopped first. */
  readonly stop?: boolean
  /** Anonymous volumes with them. */
  readonly volumes?: boolean
}

/** Removes containers that do not run. */
export function planRemove(scope: Scope, actual: Actual, options: RemoveOptions = {}): Plan {
  const list = new StepList()
  const {stop = false, volumes = false} = options
  for (const each of selectedOf(scope, actual, options).filter(each => stop || !isUp(each))) {
    removeContainer(list, each, {because: 'rm', volumes, ...graceOf(options)})
  }
  return {steps: list.steps, warnings: []}
}

/** Of `pre_start`, where there is a file that says it. */
function preparation({project}: Scope, {containers}: Actual, list: StepList): Existing['prepare'] {
  return (name, first, {after = [], settled = []}) => {
    const service = project?.services[name] ?? project?.disabledServices[name]
    if (project === undefined || service?.preStart === undefined) return undefined
    const edges = {after: [...after, ...ensureImages(service, list)], settled}
    return runPreStart({list, project, service, replica: refOf(first), containers, because: 'start', ...edges})
  }
}

const ensureImages = (service: Service, list: StepList): Step[] => {
  const policy = service.pullPolicy === 'never' ? 'never' : 'missing'
  return imagesOf({image: service.preStart![0]!.image, preStart: service.preStart!}).map(image =>
    list.add({kind: 'ensure-image', image, policy, ...(service.platform && {platform: service.platform})}, 'needed'),
  )
}

const graceOf = ({timeout}: Selection): {grace?: number} => (timeout === undefined ? {} : {grace: timeout})

const servicesOf = ({project}: Scope, containers: readonly ActualContainer[]): string[] => [
  ...Object.keys({...project?.services, ...project?.disabledServices}),
  ...containers.map(({service}) => service),
]

function selectedOf(scope: Scope, {containers}: Actual, {services = []}: Selection): ActualContainer[] {
  const own = containers.filter(({oneoff}) => !oneoff)
  checkServices(services, servicesOf(scope, own))
  return own.filter(({service}) => services.length === 0 || services.includes(service))
}

type Stopping = {readonly list: StepList; readonly because: string; readonly grace?: number}

function stopInOrder(
  {project}: Scope,
  containers: readonly ActualContainer[],
  {list, because, grace}: Stopping,
): Map<ActualContainer, Step> {
  const dependencies = dependencyTable(project, containers)
  const services = inReverse(
    containers.map(({service}) => service),
    dependencies,
  )
  const byService = new Map<string, readonly Step[]>()
  const stopped = new Map<ActualContainer, Step>()
  for (const service of services) {
    const after = dependentsOf(service, services, dependencies).flatMap(each => byService.get(each) ?? [])
    const own = containers.filter(each => each.service === service && isUp(each))
    for (const each of own) {
      // A dependent that cannot be stopped keeps nobody else up.
      const stopping = {container: refOf(each), because, settled: after, ...(grace === undefined ? {} : {grace})}
      stopped.set(each, stopContainer(list, each, stopping))
    }
    byService.set(service, own.length === 0 ? after : own.map(each => stopped.get(each)!))
  }
  return stopped
}
