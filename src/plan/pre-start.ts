import type {ActualContainer, ContainerSpec} from '../engine/engine.ts'
import {label} from '../engine/labels.ts'
import type {PreStart, Project, Service} from '../model/project.ts'
import {containerSpec} from './container-spec.ts'
import type {Decision} from './converge.ts'
import type {ContainerRef, Step} from './step.ts'
import type {StepList} from './step-list.ts'
import {removeContainer} from './teardown.ts'

const hookName = 'pre_start'

/** Containers that ran, or run, before this service: one that failed is left to be looked at. */
export const preStartContainers = (service: string, containers: readonly ActualContainer[]): ActualContainer[] =>
  containers.filter(each => each.service === service && each.labels[label.hook] === hookName)

/** What it did holds as long as its service has run and is not made anew. */
export function needsPreStart({service, replicas}: Decision): boolean {
  if (service.preStart === undefined) return false
  return (
    replicas.some(({action}) => action === 'replace') ||
    !replicas.some(each => 'container' in each && each.container.status !== 'created')
  )
}

export type Preparing = {
  readonly list: StepList
  readonly project: Project
  readonly service: Service
  readonly after: readonly Step[]
  readonly settled: readonly Step[]
  /** The replica whose volumes they have too. */
  readonly replica: ContainerRef
  /** Of the project, with those of earlier attempts. */
  readonly containers: readonly ActualContainer[]
  readonly because: string
}

/** Runs a service's containers one after the other and removes them; gives the last step. */
export function runPreStart(preparing: Preparing): Step | undefined {
  const {list, project, service, settled, replica, containers, because} = preparing
  const old = preStartContainers(service.name, containers).map(
    each => removeContainer(list, each, {because: 'of an earlier start'}).removed,
  )
  let edges = {after: [...preparing.after, ...old], settled}
  let last: Step | undefined
  service.preStart?.forEach((hook, index) => {
    const spec = preStartSpec(project, service, {hook, index})
    const container = {service: service.name, number: index, name: spec.name, hook: hookName} as const
    const created = list.add({kind: 'create-container', container, spec, volumesOf: replica}, because, edges)
    const ended = list.add({kind: 'run-container', container}, `${service.name} needs it done`, {after: [created]})
    last = list.add({kind: 'remove-container', container, volumes: true}, 'done', {after: [ended]})
    edges = {after: [last], settled: []}
  })
  return last
}

type Numbered = {readonly hook: PreStart; readonly index: number}

/** The service's networks, mounts, files and rights; nobody finds it by the service's name, and nothing restarts it. */
function preStartSpec(project: Project, service: Service, {hook, index}: Numbered): ContainerSpec {
  const {hostname, stopSignal, user, workingDir, ...same} = containerSpec(project, service, 1)
  const {[label.hooks]: _, ...labels} = same.labels
  const own = hook.image === service.image
  return {
    ...same,
    ...given('user', hook.user ?? (own ? user : undefined)),
    ...given('workingDir', hook.workingDir ?? (own ? workingDir : undefined)),
    name: `${project.name}-${service.name}-${hookName}-${index}`,
    image: hook.image,
    command: hook.command,
    entrypoint: null,
    environment: {...service.environment, ...hook.environment},
    privileged: hook.privileged,
    labels: {...labels, [label.number]: String(index), [label.oneoff]: 'True', [label.hook]: hookName},
    networks: same.networks.map(({name}) => ({name, aliases: []})),
    ports: [],
    expose: [],
    healthcheck: {disable: true},
    restart: {name: 'no', maximumRetryCount: 0},
    tty: false,
    stdinOpen: false,
  }
}

const given = (key: 'user' | 'workingDir', value: string | undefined) => (value === undefined ? {} : {[key]: value})
