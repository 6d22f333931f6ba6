import {StackError} from '../base/error.ts'
import type {ContainerSpec} from '../engine/engine.ts'
import {hookLabel} from '../engine/hook-label.ts'
import {formatDependencies, label} from '../engine/labels.ts'
import type {FileGrant, FileObject, Link, Mount, Project, Service, VolumesFrom} from '../model/project.ts'
import {version} from '../version.ts'
import {configHash} from './hash.ts'
import {dependenciesOf, networkParent} from './order.ts'
import {peerNumber, sharedModes} from './sharing.ts'

export const containerName = (project: Project, service: Service, number: number): string =>
  service.containerName ?? `${project.name}-${service.name}-${number}`

/** The container to make for one replica of a service; `numbers` are the replicas that a service has. */
export function containerSpec(
  project: Project,
  service: Service,
  number: number,
  numbers: (service: string) => readonly number[] = () => [],
): ContainerSpec {
  const peer = (name: string) =>
    containerName(project, declared(project.services, name, 'service'), peerNumber(number, numbers(name)))
  const name = containerName(project, service, number)
  return {
    ...engineFields(service),
    name,
    labels: {...service.labels, ...ownLabels(project, service, number), ...hookLabel(service)},
    mounts: service.mounts.map(mount => realMount(mount, project)),
    ...(service.volumesFrom === undefined
      ? {}
      : {volumesFrom: service.volumesFrom.map(each => volumesFrom(project, each, number))}),
    files: [
      ...grants(service.configs, project.configs, 'config'),
      ...grants(service.secrets, project.secrets, 'secret'),
    ],
    ...sharedModes(service, peer),
    networkMode: networkMode(project, service),
    networks: networks(project, service, name),
    ...(service.links === undefined ? {} : {links: service.links.map(link => linkOf(project, link))}),
  }
}

/** What a container takes from its service word by word: all but what the plan resolves or keeps to itself. */
function engineFields(service: Service) {
  const {
    build,
    dependsOn,
    pullPolicy,
    refreshAfter,
    profiles,
    attach,
    scale,
    containerName,
    configs,
    secrets,
    ...rest
  } = service
  const {pidMode, ipcMode, utsMode, provider, preStart, postStart, preStop, links, volumesFrom, ...same} = rest
  return same
}

function ownLabels(project: Project, service: Service, number: number): Record<string, string> {
  return {
    [label.project]: project.name,
    [label.service]: service.name,
    [label.number]: String(number),
    [label.oneoff]: 'False',
    [label.configHash]: configHash(project, service),
    [label.dependsOn]: formatDependencies(dependenciesOf(service)),
    [label.workingDir]: project.workingDirectory,
    [label.configFiles]: project.files.join(','),
    [label.version]: version,
  }
}

function realMount(mount: Mount, project: Project): ContainerSpec['mounts'][number] {
  if (mount.type !== 'volume' || mount.source === undefined) return mount
  return {...mount, source: declared(project.volumes, mount.source, 'volume').name}
}

/** The container of the same number, else the first. */
function volumesFrom(project: Project, from: VolumesFrom, number: number): string {
  const mode = from.readOnly ? ':ro' : ''
  if ('container' in from) return `${from.container}${mode}`
  const source = declared(project.services, from.service, 'service')
  return `${containerName(project, source, number <= source.scale ? number : 1)}${mode}`
}

type Kind = 'config' | 'secret'
const defaultMode = 0o444

function grants(
  granted: readonly FileGrant[],
  all: Readonly<Record<string, FileObject>>,
  kind: Kind,
): ContainerSpec['files'] {
  return granted.map(({source, target, uid, gid, mode}) => ({
    target,
    content: declared(all, source, kind).content,
    uid: numeric(uid, `uid of ${kind} "${source}"`),
    gid: numeric(gid, `gid of ${kind} "${source}"`),
    mode: mode ?? defaultMode,
  }))
}

function numeric(text: string | undefined, what: string): number {
  const id = Number(text ?? 0)
  if (Number.isInteger(id) && id >= 0) return id
  throw new StackError('invalid-file', `${what} must be a number, not "${text}"`)
}

function networkMode(project: Project, service: Service): ContainerSpec['networkMode'] {
  const parent = networkParent(service)
  if (parent === undefined) return service.networkMode as ContainerSpec['networkMode']
  return `container:${containerName(project, declared(project.services, parent, 'service'), 1)}`
}

function linkOf(project: Project, link: Link): NonNullable<ContainerSpec['links']>[number] {
  const {alias} = link
  if ('container' in link) return {alias, names: [link.container]}
  const service = project.services[link.service]
  if (service === undefined) return {alias, names: [], service: link.service}
  const numbers = Array.from({length: service.scale}, (_, index) => index + 1)
  return {alias, names: numbers.map(number => containerName(project, service, number)), service: link.service}
}

/** In order of priority, then by name; who leads outside is said by the gateway priority. */
function networks(project: Project, service: Service, name: string): ContainerSpec['networks'] {
  if (service.networkMode !== 'networks') return []
  return Object.entries(service.networks)
    .sort(([a, left], [b, right]) => right.priority - left.priority || (a < b ? -1 : 1))
    .map(([key, {priority, gatewayPriority, aliases, ...same}]) => ({
      ...same,
      ...(gatewayPriority === 0 ? {} : {gatewayPriority}),
      name: declared(project.networks, key, 'network').name,
      aliases: [...new Set([service.name, name, ...aliases])],
    }))
}

function declared<T>(all: Readonly<Record<string, T>>, key: string, what: string): T {
  const found = all[key]
  if (found === undefined) throw new Error(`${what} "${key}" is not in the project: the loader should have said so`)
  return found
}
