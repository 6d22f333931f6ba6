import {inOrder} from '../base/graph.ts'
import type {Actual, ActualContainer, ImageFacts} from '../engine/engine.ts'
import type {Project, Service} from '../model/project.ts'
import {cascade} from './cascade.ts'
import {converge, type Decision} from './converge.ts'
import {changedVolumes, type LostVolume, strangersOn, warnOfChange, withoutLost} from './lost-volumes.ts'
import {checkCycle, type Dependencies, dependencyTable, isJob, withDependencies} from './order.ts'
import {orphansOf, warnOfOrphans} from './orphans.ts'
import {changedNetworks, othersOn, type Renewal, warnOfOthers, withRenewals} from './renewal.ts'
import {checkScales} from './scale.ts'
import {checkServices} from './selection.ts'
import type {Plan, PullPolicy} from './step.ts'
import {stepsFor} from './up-steps.ts'

export type UpOptions = {
  /** With their dependencies; none: all. */
  readonly services?: readonly string[]
  readonly noDeps?: boolean
  readonly forceRecreate?: boolean
  readonly noRecreate?: boolean
  readonly alwaysRecreateDeps?: boolean
  /** Create and replace, start nothing. */
  readonly noStart?: boolean
  readonly removeOrphans?: boolean
  readonly renewAnonymousVolumes?: boolean
  /** Volumes whose configuration has changed lose their data and are made anew. */
  readonly recreateVolumes?: boolean
  readonly scale?: Readonly<Record<string, number>>
  /** Milliseconds of grace for what is stopped, instead of its own. */
  readonly timeout?: number
  /** The plan ends when all is running and healthy. */
  readonly wait?: boolean
  /** Instead of each service's own. */
  readonly pull?: PullPolicy
  /** Images that are present, by reference. */
  readonly images?: ReadonlyMap<string, ImageFacts>
}

/** What is to be done so that what runs is what the file says. */
export function planUp(project: Project, observed: Actual, options: UpOptions = {}): Plan {
  const dependencies = dependencyTable(project, [])
  checkCycle(Object.keys(project.services), dependencies)
  const named = options.services ?? []
  checkServices(named, Object.keys(project.services))
  checkScales(project, options.scale ?? {})
  const asked = choose(project, dependencies, options)
  const warnings: string[] = []
  const lost = lostVolumes(project, observed, {chosen: asked, warnings, isAgreed: options.recreateVolumes === true})
  const chosen = new Set([...asked, ...lost.flatMap(({users}) => users.map(({service}) => service))])
  const actual = withoutLost(observed, lost)
  const containers = actual.containers.filter(({oneoff}) => !oneoff)
  const ordered = inOrder(Object.keys(project.services), service => Object.keys(dependencies(service)))
  const decisions = ordered.map(name => {
    const service = project.services[name]!
    const existing = containers.filter(each => each.service === name)
    return chosen.has(name) ? decide(project, service, existing, options) : leave(service, existing)
  })
  const orphans = orphansOf(project, actual.containers)
  const going = options.removeOrphans ? orphans : []
  if (!options.removeOrphans) warnings.push(...warnOfOrphans(orphans))
  const renewals = renewalsFor(project, actual, {chosen, decisions, going, options, warnings})
  const renewed = decisions.map(each => withRenewals(each, renewals))
  const affected = options.noDeps ? renewed : cascade(renewed)
  const steps = stepsFor(project, actual, {
    decisions: affected,
    chosen,
    orphans: going,
    renewals,
    lost,
    options,
    warnings,
  })
  return {steps, warnings}
}

/** The services that an `up` with these options is about. */
export function chosenServices(project: Project, options: Pick<UpOptions, 'services' | 'noDeps'>): string[] {
  checkServices(options.services ?? [], Object.keys(project.services))
  return [...choose(project, dependencyTable(project, []), options)]
}

type Losing = {readonly chosen: ReadonlySet<string>; readonly warnings: string[]; readonly isAgreed: boolean}

function lostVolumes(project: Project, actual: Actual, {chosen, warnings, isAgreed}: Losing): readonly LostVolume[] {
  return changedVolumes(project, actual, chosen).filter(lost => {
    if (!isAgreed) {
      warnings.push(warnOfChange(lost))
      return false
    }
    const strangers = strangersOn(lost, project)
    if (strangers.length === 0) return true
    warnings.push(`volume "${lost.volume.name}" has changed, and stays as long as ${strangers.join(', ')} has it`)
    return false
  })
}

type Renewing = {
  readonly chosen: ReadonlySet<string>
  readonly decisions: readonly Decision[]
  readonly going: readonly ActualContainer[]
  readonly options: UpOptions
  readonly warnings: string[]
}

/** The networks to make anew; one that somebody stays on is left as it is, and told of. */
function renewalsFor(
  project: Project,
  actual: Actual,
  {chosen, decisions, going, options, warnings}: Renewing,
): readonly Renewal[] {
  if (options.noRecreate) return []
  return changedNetworks(project, actual, chosen).filter(renewal => {
    const others = othersOn(renewal, decisions, going)
    if (others.length > 0) warnings.push(warnOfOthers(renewal, others))
    return others.length === 0
  })
}

function choose(project: Project, dependencies: Dependencies, {services = [], noDeps}: UpOptions): ReadonlySet<string> {
  if (services.length === 0) return new Set(Object.keys(project.services))
  if (noDeps) return new Set(services)
  return new Set([...withDependencies(services, dependencies)].filter(name => name in project.services))
}

function decide(
  project: Project,
  service: Service,
  existing: readonly ActualContainer[],
  options: UpOptions,
): Decision {
  const {services = [], images = new Map()} = options
  const isNamed = services.length === 0 || services.includes(service.name)
  const always = isNamed ? options.forceRecreate : options.alwaysRecreateDeps
  const never = options.noRecreate
  return converge(project, service, existing, {
    scale: options.scale?.[service.name] ?? service.scale,
    recreate: always ? 'always' : never ? 'never' : 'changed',
    images,
    isJob: isJob(project, service.name),
  })
}

const leave = (service: Service, existing: readonly ActualContainer[]): Decision => ({
  service,
  replicas: existing.map(container => ({action: 'keep', container})),
  surplus: [],
  surplusBecause: '',
  leftovers: [],
})
