import {hashOf, sha256} from '../base/hash.ts'
import type {FileObject, Network, Project, Service, Volume} from '../model/project.ts'

/**
 * Changes with whatever would make another container: the service, the names it finds networks and volumes under,
 * and the content of its configs and secrets. What only the plan uses (scale, order, pulling) does not count.
 */
export function configHash(project: Project, service: Service): string {
  const known = hashes.get(service)
  if (known?.project === project) return known.hash
  const hash = hashOfService(project, service)
  hashes.set(service, {project, hash})
  return hash
}

/** It is asked for by each replica. */
const hashes = new WeakMap<Service, {readonly project: Project; readonly hash: string}>()

function hashOfService(project: Project, service: Service): string {
  const {scale, dependsOn, pullPolicy, refreshAfter, profiles, attach, watch, build, ...made} = service
  const volumes = service.mounts.flatMap(each =>
    each.type === 'volume' && each.source !== undefined ? [each.source] : [],
  )
  return hashOf({
    service: made,
    networks: namesOf(Object.keys(service.networks), project.networks),
    volumes: namesOf(volumes, project.volumes),
    configs: contentsOf(
      service.configs.map(each => each.source),
      project.configs,
    ),
    secrets: contentsOf(
      service.secrets.map(each => each.source),
      project.secrets,
    ),
  })
}

export function networkHash(network: Network): string {
  const {driver, driverOptions, internal, attachable, enableIpv6, ipam, labels} = network
  return hashOf({driver, driverOptions, internal, attachable, enableIpv6, ipam, labels})
}

export const volumeHash = ({driver, driverOptions, labels}: Volume): string => hashOf({driver, driverOptions, labels})

type Named = Readonly<Record<string, {readonly name: string}>>

const namesOf = (keys: readonly string[], all: Named): Record<string, string | undefined> =>
  Object.fromEntries(keys.map(key => [key, all[key]?.name]))

const contentsOf = (keys: readonly string[], all: Readonly<Record<string, FileObject>>): Record<string, string> =>
  Object.fromEntries(keys.map(key => [key, sha256(all[key]?.content ?? '')]))
