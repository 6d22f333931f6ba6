import type {Canonical, CanonicalDependency, CanonicalService} from './canonical-form.ts'

/** What the specification leaves unsaid is said: the default network, names, what depends on what. */
export function normalise(model: Canonical, name: string): Canonical {
  const services = mapValues(model.services, service =>
    withDependencies(withNetworks(withHookImages(withDockerfile(service)))),
  )
  const usesDefault = Object.values(services).some(
    service => service.networks !== undefined && 'default' in service.networks,
  )
  const networks =
    usesDefault && model.networks?.default === undefined ? {...model.networks, default: null} : model.networks
  return {
    ...model,
    name,
    services,
    ...(networks === undefined ? {} : {networks: named(networks, name)}),
    ...(model.volumes == null ? {} : {volumes: named(model.volumes, name)}),
    ...(model.configs == null ? {} : {configs: named(model.configs, name)}),
    ...(model.secrets == null ? {} : {secrets: named(model.secrets, name)}),
  }
}

export function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, key: string) => B,
): Record<string, B> {
  const result: Record<string, B> = Object.create(null)
  for (const key of Object.keys(record).sort()) result[key] = change(record[key]!, key)
  return result
}

type Resource = {readonly name?: string; readonly external?: boolean}

const named = <T extends Resource>(resources: Readonly<Record<string, T | null>>, project: string): Record<string, T> =>
  mapValues(resources, (resource, key) => {
    const given = resource?.name
    return {...resource, name: given ?? (resource?.external === true ? key : `${project}_${key}`)} as T
  })

function withNetworks(service: CanonicalService): CanonicalService {
  if (service.network_mode !== undefined || service.provider !== undefined) return service
  const joined = service.networks ?? {}
  return Object.keys(joined).length > 0 ? service : {...service, networks: {default: null}}
}

function withDockerfile(service: CanonicalService): CanonicalService {
  const {build} = service
  if (build == null || build.dockerfile !== undefined || build.dockerfile_inline !== undefined) return service
  return {...service, build: {...build, dockerfile: 'Dockerfile'}}
}

/** What runs before the service runs in its image, unless it says otherwise. */
function withHookImages(service: CanonicalService): CanonicalService {
  const {image, pre_start: hooks} = service
  if (image === undefined || hooks === undefined) return service
  return {...service, pre_start: hooks.map(hook => ({...hook, image: hook.image ?? image}))}
}

function withDependencies(service: CanonicalService): CanonicalService {
  const implied = impliedDependencies(service)
  if (Object.keys(implied).length === 0) return service
  return {...service, depends_on: {...implied, ...service.depends_on}}
}

/** Sharing a namespace, a volume or a link with a service means to need it. */
function impliedDependencies(service: CanonicalService): Record<string, CanonicalDependency> {
  const implied: Record<string, CanonicalDependency> = Object.create(null)
  const need = (name: string, restart: boolean) => {
    implied[name] = {condition: 'service_started', restart, required: true}
  }
  for (const each of service.volumes_from ?? []) if (!each.startsWith('container:')) need(each.split(':')[0]!, false)
  for (const each of service.links ?? []) need(each.split(':')[0]!, true)
  for (const mode of [service.network_mode, service.ipc, service.pid, service.uts, service.cgroup]) {
    if (mode?.startsWith('service:')) need(mode.slice('service:'.length), true)
  }
  return implied
}
