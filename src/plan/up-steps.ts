import {isFor} from '../base/platform.ts'
import type {Actual, ActualContainer, ContainerSpec, ImageFacts} from '../engine/engine.ts'
import {label} from '../engine/labels.ts'
import type {Project, Service} from '../model/project.ts'
import {isUp} from './compare.ts'
import {containerName, containerSpec} from './container-spec.ts'
import type {Decision, Replica} from './converge.ts'
import {stopContainer} from './hooks.ts'
import {imagesOf} from './images.ts'
import {inheritVolumes} from './inherit.ts'
import {type LostVolume, removeLost} from './lost-volumes.ts'
import {networkParent, volumeSources} from './order.ts'
import {needsPreStart} from './pre-start.ts'
import {checkNetworks, type Renewal, renewNetworks} from './renewal.ts'
import {type Made, makeNetworks, makeVolumes, usedNetworks, usedVolumes} from './resources.ts'
import {peersOf} from './sharing.ts'
import {startServices} from './start-steps.ts'
import type {ContainerRef, PullPolicy, Step} from './step.ts'
import {StepList} from './step-list.ts'
import {refOf, removeContainer} from './teardown.ts'
import type {UpOptions} from './up.ts'

export type UpWork = {
  /** In dependency order. */
  readonly decisions: readonly Decision[]
  readonly chosen: ReadonlySet<string>
  readonly orphans: readonly ActualContainer[]
  readonly renewals: readonly Renewal[]
  readonly lost: readonly LostVolume[]
  readonly options: UpOptions
  readonly warnings: string[]
}

/** A replica with what the steps so far have done for it. */
export type Progress = {
  readonly replica: Replica
  readonly ref: ContainerRef
  readonly created?: Step
  readonly stopped?: Step
  /** Under its final name, with nothing of an older one left. */
  readonly settled?: Step
}

/**
 * Three passes, each in an order that lets steps name earlier ones: everything is created while the old still runs,
 * so that a failing create costs nothing; the old is stopped, dependents first; the new is named and started.
 */
export function stepsFor(project: Project, actual: Actual, work: UpWork): readonly Step[] {
  const {decisions, options, warnings, orphans, renewals, lost} = work
  const list = new StepList()
  for (const orphan of orphans)
    removeContainer(list, orphan, {because: 'its service is not in the file', ...grace(options)})
  const creating = decisions.filter(({replicas}) => replicas.some(isNew)).map(({service}) => service)
  const moving = decisions.filter(({replicas}) => replicas.some(isMoving)).map(({service}) => service)
  const known = {project, actual, list, warnings, renewed: renewals.map(({network}) => network.name)}
  const checks = checkNetworks(renewals, list)
  // Before anything is taken away, all is there that can be fetched.
  const fetched = lost.length > 0 ? ensureImages(decisions, options, list) : undefined
  const removed = removeLost(lost, {list, after: [...(fetched?.values() ?? [])]})
  const resources = {
    checks,
    networks: makeNetworks(moving, known),
    volumes: makeVolumes(creating, {...known, removed}),
    images: fetched ?? ensureImages(decisions, options, list),
  }
  const created = createContainers(work, {project: withScales(project, options), list, resources})
  const stopped = stopContainers(work, list, created)
  const settled = settleContainers(project, work, {list, stopped})
  const renewed = renewNetworks(project, renewals, list)
  if (!options.noStart)
    startServices(project, work, {
      list,
      progress: settled,
      made: resources.networks,
      renewed,
      images: resources.images,
      containers: actual.containers,
    })
  return list.steps
}

/** Names of other replicas are made from the numbers that there will be. */
const withScales = (project: Project, {scale = {}}: UpOptions): Project => ({
  ...project,
  services: Object.fromEntries(
    Object.entries(project.services).map(([name, each]) => [name, {...each, scale: scale[name] ?? each.scale}]),
  ),
})

const isMoving = ({action}: Replica): boolean => action !== 'keep'
export const isNew = ({action}: Replica): boolean => action === 'create' || action === 'replace'

const grace = ({timeout}: UpOptions): {grace?: number} => (timeout === undefined ? {} : {grace: timeout})

function ensureImages(decisions: readonly Decision[], {images, pull, noStart}: UpOptions, list: StepList): Made {
  const steps = new Map<string, Step>()
  for (const {image, pullPolicy, platform} of decisions.flatMap(each => wantedImages(each, noStart === true))) {
    const policy: PullPolicy = pull ?? (pullPolicy === 'build' ? 'missing' : pullPolicy)
    const present: ImageFacts | undefined = images?.get(image)
    const isPresent = present !== undefined && isFor(present.platform, platform)
    if (steps.has(image) || (isPresent && policy !== 'always')) continue
    const operation = {kind: 'ensure-image', image, policy, ...(platform && {platform})} as const
    steps.set(image, list.add(operation, policy === 'always' ? 'the newest is wanted' : 'needed'))
  }
  return steps
}

const wantedImages = (decision: Decision, noStart: boolean) => {
  const {service, replicas} = decision
  const own = replicas.some(isNew) ? [service.image] : []
  const before = !noStart && needsPreStart(decision) ? (service.preStart ?? []).map(({image}) => image) : []
  const {pullPolicy, platform} = service
  return [...own, ...before].map(image => ({image, pullPolicy, platform}))
}

type Creation = {
  readonly project: Project
  readonly list: StepList
  readonly resources: {
    readonly checks: readonly Step[]
    readonly networks: Made
    readonly volumes: Made
    readonly images: Made
  }
}
type Replicas = ReadonlyMap<string, readonly Progress[]>

function createContainers({decisions, options, lost}: UpWork, {project, list, resources}: Creation): Replicas {
  const all = new Map<string, Progress[]>()
  const numbers = (name: string) => all.get(name)?.map(({ref}) => ref.number) ?? []
  for (const {service, replicas, leftovers} of decisions) {
    const parent = networkParent(service)
    const after = [
      resources.checks,
      imagesOf(service).flatMap(image => resources.images.get(image) ?? []),
      ...usedNetworks(service).flatMap(key => resources.networks.get(project.networks[key]!.name) ?? []),
      ...usedVolumes(service).flatMap(key => resources.volumes.get(project.volumes[key]!.name) ?? []),
      parent === undefined ? [] : (all.get(parent)?.[0]?.created ?? []),
      ...peersOf(service).flatMap(peer => all.get(peer)?.flatMap(({created}) => created ?? []) ?? []),
      volumeSources(service)
        .flatMap(each => all.get(each) ?? [])
        .flatMap(({created}) => created ?? []),
      leftovers.map(
        each => removeContainer(list, each, {because: 'left of a replacement that was broken off'}).removed,
      ),
    ].flat()
    all.set(
      service.name,
      replicas.map(replica =>
        create(replica, {project, service, list, after, numbers, renew: options.renewAnonymousVolumes === true, lost}),
      ),
    )
  }
  return all
}

type One = {
  readonly project: Project
  readonly service: Service
  readonly list: StepList
  readonly after: readonly Step[]
  readonly numbers: (service: string) => readonly number[]
  readonly renew: boolean
  readonly lost: readonly LostVolume[]
}

function create(replica: Replica, {project, service, list, after, numbers, renew, lost}: One): Progress {
  if (replica.action !== 'create' && replica.action !== 'replace') return {replica, ref: refOf(replica.container)}
  const number = replica.action === 'create' ? replica.number : replica.container.number
  const ref = {service: service.name, number, name: containerName(project, service, number)}
  const spec = containerSpec(project, service, number, numbers)
  if (replica.action === 'create') {
    const before = lost.flatMap(({users}) => users).find(each => each.name === ref.name)
    const heir = before === undefined || renew ? spec : successorOf(spec, before)
    const operation = {kind: 'create-container', container: ref, spec: heir} as const
    return {replica, ref, created: list.add(operation, replica.because, {after})}
  }
  const {container} = replica
  const successor = {
    ...successorOf(spec, container, renew),
    name: `${container.id.slice(0, 12)}_${ref.name}`,
  }
  return {
    replica,
    ref,
    created: list.add({kind: 'create-container', container: ref, spec: successor}, replica.because, {after}),
  }
}

const successorOf = (spec: ContainerSpec, old: ActualContainer, renew = false): ContainerSpec => ({
  ...(renew ? spec : inheritVolumes(spec, old)),
  labels: {...spec.labels, [label.replace]: old.name},
})

/** Dependents first, where they asked to be restarted with what they depend on. */
function stopContainers({decisions, options}: UpWork, list: StepList, created: Replicas): Stopped {
  const all = new Map<string, readonly Progress[]>()
  const gone = new Map<string, Step>()
  for (const {service, surplus, surplusBecause} of [...decisions].reverse()) {
    for (const container of surplus) {
      const {removed} = removeContainer(list, container, {because: surplusBecause, ...grace(options)})
      gone.set(container.name, removed)
    }
    const dependents = decisions.filter(each => each.service.dependsOn[service.name]?.restart === true)
    const before = dependents.flatMap(each => all.get(each.service.name) ?? []).flatMap(({stopped}) => stopped ?? [])
    all.set(
      service.name,
      created.get(service.name)!.map(progress => stop(progress, {list, before, options})),
    )
  }
  return {replicas: all, gone}
}

/** `gone` is what frees a name. */
type Stopped = {readonly replicas: Replicas; readonly gone: ReadonlyMap<string, Step>}

type Stopping = {readonly list: StepList; readonly before: readonly Step[]; readonly options: UpOptions}

function stop(progress: Progress, {list, before, options}: Stopping): Progress {
  const {replica, created} = progress
  const isStopped =
    replica.action === 'restart' ? !options.noStart : replica.action === 'replace' && isUp(replica.container)
  if (!isStopped || replica.action === 'create' || replica.action === 'keep') return progress
  const after = [...(created === undefined ? [] : [created]), ...before]
  const {container, because} = replica
  const stopping = {container: refOf(container), because, after, ...grace(options)}
  return {...progress, stopped: stopContainer(list, container, stopping)}
}

/** The old is removed and the new gets its name. */
function settleContainers(project: Project, {decisions}: UpWork, {list, stopped}: Settling): Replicas {
  const {replicas, gone} = stopped
  return new Map(
    decisions.map(({service}) => [
      service.name,
      replicas.get(service.name)!.map(each => {
        const name = containerName(project, service, each.ref.number)
        return settle(each, {list, name, freed: [gone.get(name) ?? []].flat()})
      }),
    ]),
  )
}

type Settling = {readonly list: StepList; readonly stopped: Stopped}
type Naming = {readonly list: StepList; readonly name: string; readonly freed: readonly Step[]}

function settle(progress: Progress, {list, name, freed}: Naming): Progress {
  const {replica, ref} = progress
  if (replica.action === 'create') return {...progress, settled: progress.created!}
  const rename = (because: string, after: readonly Step[]) =>
    list.add({kind: 'rename-container', container: ref, name}, because, {after: [...after, ...freed]})
  if (replica.action === 'replace') {
    const old = {kind: 'remove-container', container: refOf(replica.container), volumes: false} as const
    const removed = list.add(old, replica.because, {after: [progress.stopped ?? progress.created!]})
    return {...progress, settled: rename('takes its place', [removed])}
  }
  if (replica.container.name === name) return progress
  return {...progress, settled: rename('left half replaced', progress.stopped === undefined ? [] : [progress.stopped])}
}
