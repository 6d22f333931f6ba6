import {StackError} from '../../base/error.ts'
import type {ActualContainer, ActualVolume, ContainerSpec} from '../engine.ts'
import {label} from '../labels.ts'
import type {MemoryContainer} from './container.ts'

/** An id as long as a real one. */
export const grown = (prefix: string, count: number): string =>
  `${prefix}${String(count).padStart(7, '0')}`.padEnd(64, '0')

export const noImage = (reference: string): StackError =>
  new StackError('image-not-found', `no such image: ${reference}`)

/** The volumes of a new container by target; what is missing is made, what has no name gets one. */
export function mountVolumes({mounts}: ContainerSpec, all: Map<string, ActualVolume>, newName: () => string) {
  const anonymous: string[] = []
  const volumes: Record<string, string> = {}
  for (const mount of mounts) {
    if (mount.type !== 'volume') continue
    const name = mount.source ?? newName()
    if (mount.source === undefined) anonymous.push(name)
    if (!all.has(name)) all.set(name, {name, labels: {}})
    volumes[mount.target] = name
  }
  return {volumes, anonymous}
}

/** A port belongs to the service that publishes it: its replicas share it, others cannot have it. */
export function publishPorts(
  {spec}: MemoryContainer,
  all: readonly MemoryContainer[],
  freePort: () => number,
): ActualContainer['ports'] {
  const service = spec.labels[label.service]
  const others = all.filter(each => each.status === 'running' && each.spec.labels[label.service] !== service)
  return spec.ports.map(({target, published, hostIp = '', protocol}) => {
    const port = published === undefined ? freePort() : Number.parseInt(published, 10)
    const holder = others.find(each => each.ports.some(own => own.published === port && own.protocol === protocol))
    if (holder !== undefined) throw new StackError('port-taken', `port ${port}/${protocol} is taken by ${holder.name}`)
    return {target, protocol, hostIp, published: port}
  })
}
