import {StackError} from '../../base/error.ts'
import type {PortBinding} from '../../model/container.ts'
import type {PublishedPort} from '../runtime.ts'
import type {Lease} from './leases.ts'

/** Numbers to try for a binding, in order; 0 is any free one. */
export function candidates({hostPort}: PortBinding, last: number | undefined): readonly number[] {
  if (hostPort === '') return last === undefined ? [0] : [last, 0]
  const [first = 0, final = first] = hostPort.split('-').map(Number)
  if (!isPort(first) || !isPort(final) || final < first) {
    throw new StackError('bad-request', `host port "${hostPort}" is neither a port nor a range`)
  }
  const all = Array.from({length: final - first + 1}, (_, index) => first + index)
  return last !== undefined && all.includes(last) ? [last, ...all.filter(each => each !== last)] : all
}

const isPort = (number: number): boolean => Number.isInteger(number) && number > 0 && number < 65536

/** The number that the same binding had the last time. */
export const lastNumber = (binding: PortBinding, ports: readonly PublishedPort[]): number | undefined =>
  ports.find(each => bindingKey(each) === bindingKey(binding))?.hostPortNumber

const bindingKey = ({hostIp, hostPort, target, protocol}: PortBinding): string =>
  `${hostIp} ${hostPort} ${target} ${protocol}`

/** One that has the port on the same address, or of all. */
export function rivals(leases: Iterable<Lease>, port: PublishedPort, own: string): Lease[] {
  return [...leases].filter(
    each => each.publishing && each.container !== own && each.ports.some(other => collide(other, port)),
  )
}

function collide(a: PublishedPort, b: PublishedPort): boolean {
  if (a.hostPortNumber !== b.hostPortNumber || a.protocol !== b.protocol) return false
  return a.hostIp === b.hostIp || isEvery(a.hostIp) || isEvery(b.hostIp)
}

export const isEvery = (hostIp: string): boolean => hostIp === '' || hostIp === '0.0.0.0'

/** Replicas of a service share a port that was asked for by its number. */
export const mayShare = (a: Lease, b: Pick<Lease, 'project' | 'service'>): boolean =>
  a.service !== '' && a.service === b.service && a.project === b.project

export const holderName = ({name, project}: Lease): string =>
  project === '' ? `container ${name}` : `container ${name} of project ${project}`
