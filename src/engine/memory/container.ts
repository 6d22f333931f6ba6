import type {ActualContainer, ContainerSpec, ContainerStatus, FileChange, HealthStatus} from '../engine.ts'
import {label} from '../labels.ts'

/** A container without a kernel: what was asked for, and how far it is. */
export type MemoryContainer = {
  readonly id: string
  readonly spec: ContainerSpec
  readonly imageId: string
  readonly created: number
  /** Anonymous and named volumes by target. */
  readonly volumes: Readonly<Record<string, string>>
  readonly anonymous: readonly string[]
  name: string
  status: ContainerStatus
  health: HealthStatus
  exitCode: number
  startedAt?: number
  finishedAt?: number
  output: string
  /** Those that were changed, by path. */
  readonly files: Map<string, Exclude<FileChange, {kind: 'gone'}>>
  ports: ActualContainer['ports']
}

export function observed(container: MemoryContainer): ActualContainer {
  const {id, name, spec, status, health, exitCode, imageId, created, startedAt, finishedAt, volumes, ports} = container
  const {labels} = spec
  return {
    id,
    name,
    service: labels[label.service] ?? '',
    number: Number(labels[label.number] ?? 1),
    oneoff: labels[label.oneoff] === 'True',
    configHash: labels[label.configHash] ?? '',
    image: spec.image,
    imageId,
    command: [...(spec.entrypoint ?? []), ...(spec.command ?? [])].join(' '),
    status,
    health,
    exitCode,
    error: '',
    created,
    ...(startedAt === undefined ? {} : {startedAt}),
    ...(finishedAt === undefined ? {} : {finishedAt}),
    restarts: 0,
    labels,
    ports: status === 'running' ? ports : [],
    networks: Object.fromEntries(spec.networks.map(each => [each.name, each.ipv4Address ?? ''])),
    volumes: Object.values(volumes),
    mountedVolumes: volumes,
    tty: spec.tty,
  }
}
