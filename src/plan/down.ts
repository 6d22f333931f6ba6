import type {Actual, ActualContainer, ActualNetwork} from '../engine/engine.ts'
import {label} from '../engine/labels.ts'
import type {Project} from '../model/project.ts'
import {isAnonymous} from './inherit.ts'
import {dependencyTable, dependentsOf} from './order.ts'
import {orphansOf} from './orphans.ts'
import {inReverse} from './reverse.ts'
import type {Plan, Step} from './step.ts'
import {StepList} from './step-list.ts'
import {removeContainer} from './teardown.ts'

export type DownOptions = {
  /** Only their containers. */
  readonly services?: readonly string[]
  /** Named volumes of the project and anonymous ones too. */
  readonly volumes?: boolean
  readonly removeOrphans?: boolean
  /** Milliseconds. */
  readonly timeout?: number
  /** References of images to remove when no container is left of them. */
  readonly images?: readonly string[]
}

/** A project by its name, with its file where there is one. */
export type Scope = {readonly name: string; readonly project?: Project}

/** Takes away what `up` made, as far as it is there; labels are enough to go by. */
export function planDown(scope: Scope, actual: Actual, options: DownOptions = {}): Plan {
  const list = new StepList()
  const going = goingContainers(scope, actual.containers, options)
  const removed = removeContainers(scope, going, {options, list})
  const staying = actual.containers.filter(each => !going.includes(each))
  const warnings = removeNetworks(scope, actual, {removed, staying, list})
  if (options.volumes) removeVolumes(scope, actual, {removed, staying, list, all: isWhole(options)})
  for (const image of options.images ?? [])
    list.add({kind: 'remove-image', image}, 'down with images', {settled: [...removed.values()]})
  if (list.steps.length === 0 && warnings.length === 0) warnings.push(`nothing to remove of project "${scope.name}"`)
  return {steps: list.steps, warnings}
}

const isWhole = ({services = []}: DownOptions): boolean => services.length === 0

function goingContainers(
  {project}: Scope,
  containers: readonly ActualContainer[],
  options: DownOptions,
): ActualContainer[] {
  const {services = [], removeOrphans} = options
  if (services.length > 0) return containers.filter(({service}) => services.includes(service))
  if (project === undefined || removeOrphans) return [...containers]
  const orphans = orphansOf(project, containers).filter(({oneoff}) => !oneoff)
  return containers.filter(each => !orphans.includes(each))
}

type Removed = ReadonlyMap<ActualContainer, Step>
type Work = {readonly options: DownOptions; readonly list: StepList}

/** Each as soon as those that depend on it have stopped. */
function removeContainers({project}: Scope, containers: readonly ActualContainer[], {options, list}: Work): Removed {
  const dependencies = dependencyTable(project, containers)
  const services = inReverse(
    containers.map(({service}) => service),
    dependencies,
  )
  const stopped = new Map<string, readonly Step[]>()
  const removed = new Map<ActualContainer, Step>()
  for (const service of services) {
    const settled = dependentsOf(service, services, dependencies).flatMap(each => stopped.get(each) ?? [])
    const grace = options.timeout === undefined ? {} : {grace: options.timeout}
    const own = containers.filter(each => each.service === service)
    const steps = own.map(container => {
      const removal = {because: 'down', settled, volumes: options.volumes === true, ...grace}
      const both = removeContainer(list, container, removal)
      removed.set(container, both.removed)
      return both.stopped ?? both.removed
    })
    stopped.set(service, steps)
  }
  return removed
}

type Rest = {readonly removed: Removed; readonly staying: readonly ActualContainer[]; readonly list: StepList}

function removeNetworks(scope: Scope, {networks}: Actual, {removed, staying, list}: Rest): string[] {
  const warnings: string[] = []
  for (const network of networks.filter(each => isOwn(scope, each))) {
    const users = staying.filter(each => network.name in each.networks)
    if (users.length > 0) {
      warnings.push(`network "${network.name}" is still in use by ${users.map(({name}) => name).join(', ')}`)
      continue
    }
    const after = [...removed].filter(([container]) => network.name in container.networks).map(([, step]) => step)
    list.add({kind: 'remove-network', network}, 'down', {after})
  }
  return warnings
}

const isOwn = ({name}: Scope, {labels}: Pick<ActualNetwork, 'labels'>): boolean => labels[label.project] === name

function removeVolumes(
  scope: Scope,
  {volumes}: Actual,
  {removed, staying, list, all}: Rest & {readonly all: boolean},
): void {
  const named = all ? volumes.filter(each => isOwn(scope, each)).map(({name}) => name) : []
  // What a container has from the one before it counts as named: it does not go with the container.
  const inherited = [...removed.keys()]
    .filter(({labels}) => label.replace in labels)
    .flatMap(each => each.volumes.filter(isAnonymous))
  for (const name of new Set([...named, ...inherited])) {
    if (staying.some(each => each.volumes.includes(name))) continue
    const after = [...removed].filter(([container]) => container.volumes.includes(name)).map(([, step]) => step)
    list.add({kind: 'remove-volume', name}, 'down with volumes', {after, destroys: `the data of volume "${name}"`})
  }
}
