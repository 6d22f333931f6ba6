import {StackError} from '../base/error.ts'
import type {Actual} from '../engine/engine.ts'
import {label} from '../engine/labels.ts'
import type {Network, Project, Service, Volume} from '../model/project.ts'
import {version} from '../version.ts'
import {networkHash, volumeHash} from './hash.ts'
import type {Step} from './step.ts'
import type {StepList} from './step-list.ts'

/** By name on the engine: the step that makes it; what is there already has none. */
export type Made = ReadonlyMap<string, Step>

type Known = {
  readonly project: Project
  readonly actual: Actual
  readonly list: StepList
  readonly warnings: string[]
  /** Names of what is made anew later. */
  readonly renewed?: readonly string[]
  /** Steps that took away what had the name before. */
  readonly removed?: ReadonlyMap<string, Step>
}

/** Makes the networks of these services that are missing. */
export function makeNetworks(
  services: readonly Service[],
  {project, actual, list, warnings, renewed = []}: Known,
): Made {
  const made = new Map<string, Step>()
  for (const network of used(services, usedNetworks, project.networks)) {
    if (renewed.includes(network.name)) continue
    const found = actual.networks.find(({name}) => name === network.name)
    if (found !== undefined) {
      warnings.push(...doubts('network', network, {project, labels: found.labels, hash: networkHash(network)}))
      continue
    }
    if (network.external) throw missing('network', network.name)
    made.set(network.name, list.add({kind: 'create-network', network: networkSpec(project, network)}, 'missing'))
  }
  return made
}

export function makeVolumes(services: readonly Service[], {project, actual, list, warnings, removed}: Known): Made {
  const made = new Map<string, Step>()
  for (const volume of used(services, usedVolumes, project.volumes)) {
    const found = actual.volumes.find(({name}) => name === volume.name)
    if (found !== undefined) {
      warnings.push(...doubts('volume', volume, {project, labels: found.labels, hash: volumeHash(volume)}))
      continue
    }
    if (volume.external) throw missing('volume', volume.name)
    const before = removed?.get(volume.name)
    const edges = before === undefined ? {} : {after: [before]}
    const operation = {kind: 'create-volume', volume: volumeSpec(project, volume)} as const
    made.set(volume.name, list.add(operation, before === undefined ? 'missing' : 'configuration changed', edges))
  }
  return made
}

export const usedNetworks = (service: Service): string[] =>
  service.networkMode === 'networks' ? Object.keys(service.networks) : []

export const usedVolumes = (service: Service): string[] =>
  service.mounts.flatMap(mount => (mount.type === 'volume' && mount.source !== undefined ? [mount.source] : []))

function used<T>(
  services: readonly Service[],
  keysOf: (service: Service) => string[],
  all: Readonly<Record<string, T>>,
): T[] {
  const keys = new Set(services.flatMap(keysOf))
  return [...keys].sort().flatMap(key => all[key] ?? [])
}

const missing = (kind: string, name: string): StackError =>
  new StackError('not-found', `${kind} "${name}" is declared as external and does not exist`, {
    hint: `make it first, or take "external" away so that it is made for this project`,
  })

type Found = {readonly project: Project; readonly labels: Readonly<Record<string, string>>; readonly hash: string}

function doubts(kind: string, {name, external}: Network | Volume, {project, labels, hash}: Found): string[] {
  if (external) return []
  if (labels[label.project] !== project.name) {
    return [
      `${kind} "${name}" exists but was not made for project "${project.name}"; set "external: true" to use one that is there`,
    ]
  }
  const before = labels[label.configHash]
  if (before === undefined || before === hash) return []
  // The plan tells of changed volumes, also where nothing is created.
  if (kind === 'volume') return []
  return [`${kind} "${name}" was made with another configuration, which it keeps until it is removed`]
}

export function networkSpec(project: Project, network: Network) {
  const {key, external, labels, ...same} = network
  const own = {
    [label.project]: project.name,
    [label.network]: key,
    [label.configHash]: networkHash(network),
    [label.version]: version,
  }
  return {...same, labels: {...labels, ...own}}
}

function volumeSpec(project: Project, volume: Volume) {
  const {key, external, labels, ...same} = volume
  const own = {
    [label.project]: project.name,
    [label.volume]: key,
    [label.configHash]: volumeHash(volume),
    [label.version]: version,
  }
  return {...same, labels: {...labels, ...own}}
}
