import type {FileObject, Network, Project, Service, Volume} from '../../model/project.ts'
import type {Canonical, CanonicalFile, CanonicalNetwork, CanonicalService, CanonicalVolume} from '../canonical-form.ts'
import {mapValues} from '../normalise.ts'
import type {Switched} from '../profiles.ts'
import {defined} from './defined.ts'
import {serviceOf} from './service.ts'

/** The bytes of the configs and secrets that are used. */
export type Contents = Readonly<Record<'configs' | 'secrets', ReadonlyMap<string, Uint8Array>>>
export type ProjectParts = {
  readonly model: Canonical
  readonly switched: Switched
  readonly workingDirectory: string
  readonly files: readonly string[]
  readonly contents: Contents
}

/** The canonical model as the typed project: only what services that run make use of. */
export function projectOf({model, switched, workingDirectory, files, contents}: ProjectParts): Project {
  const name = model.name!
  const services = Object.values(switched.on)
  const build = (service: CanonicalService, key: string): Service => serviceOf(key, service, name)
  const used = usedBy(services)
  const objects = (kind: 'configs' | 'secrets') =>
    mapValues(pick(model[kind], used[kind]), (file, key) =>
      fileOf(key, file, contents[kind].get(key) ?? new Uint8Array()),
    )
  return {
    name,
    workingDirectory,
    files,
    services: mapValues(switched.on, build),
    disabledServices: mapValues(switched.off, build),
    networks: mapValues(pick(model.networks, used.networks), (network, key) => networkOf(key, network)),
    volumes: mapValues(pick(model.volumes, used.volumes), (volume, key) => volumeOf(key, volume)),
    configs: objects('configs'),
    secrets: objects('secrets'),
  }
}

/** Keys of the top-level resources that these services name. */
export function usedBy(services: readonly CanonicalService[]) {
  return {
    networks: new Set(services.flatMap(each => Object.keys(each.networks ?? {}))),
    volumes: new Set(
      services.flatMap(each =>
        (each.volumes ?? []).flatMap(({type, source}) => (type === 'volume' && source ? [source] : [])),
      ),
    ),
    configs: new Set(services.flatMap(each => (each.configs ?? []).map(({source}) => source ?? ''))),
    secrets: new Set(
      services.flatMap(each =>
        [...(each.secrets ?? []), ...(each.build?.secrets ?? [])].map(({source}) => source ?? ''),
      ),
    ),
    models: new Set(services.flatMap(each => Object.keys(each.models ?? {}))),
  }
}

export function pick<T>(
  record: Readonly<Record<string, T>> | undefined,
  keys: ReadonlySet<string>,
): Record<string, NonNullable<T>> {
  const entries = Object.entries(record ?? {}).filter(([key]) => keys.has(key))
  return Object.fromEntries(entries.map(([key, value]) => [key, value ?? ({} as NonNullable<T>)]))
}

const networkOf = (key: string, network: CanonicalNetwork): Network => ({
  key,
  name: network.name!,
  external: network.external ?? false,
  driver:
    network.driver === undefined || network.driver === '' || network.driver === 'default' ? 'bridge' : network.driver,
  driverOptions: mapValues(network.driver_opts ?? {}, value => value ?? ''),
  internal: network.internal ?? false,
  attachable: network.attachable ?? false,
  enableIpv6: network.enable_ipv6 ?? false,
  ipam: (network.ipam?.config ?? []).map(({subnet, gateway, ip_range: ipRange, aux_addresses: aux}) =>
    defined({subnet, gateway, ipRange, auxAddresses: aux && mapValues(aux, value => value ?? '')}),
  ),
  labels: mapValues(network.labels ?? {}, value => value),
})

const volumeOf = (key: string, volume: CanonicalVolume): Volume => ({
  key,
  name: volume.name!,
  external: volume.external ?? false,
  driver: volume.driver === undefined || volume.driver === '' ? 'local' : volume.driver,
  driverOptions: mapValues(volume.driver_opts ?? {}, value => value ?? ''),
  labels: mapValues(volume.labels ?? {}, value => value),
})

const fileOf = (key: string, file: CanonicalFile, content: Uint8Array): FileObject => ({
  key,
  name: file.name!,
  origin: originOf(file),
  content,
  labels: mapValues(file.labels ?? {}, value => value),
})

function originOf(file: CanonicalFile): FileObject['origin'] {
  if (file.file !== undefined) return {from: 'file', path: file.file}
  return file.environment === undefined ? {from: 'content'} : {from: 'environment', variable: file.environment}
}
