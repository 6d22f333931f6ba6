import type {ServiceCheck} from './check.ts'

/** Namespaces that are not a service's own, and what cannot be set in them. */
export const checkIsolation: ServiceCheck = (name, service, {model, tell}) => {
  const path = (key: string) => ['services', name, key]
  const sharer = service.ipc?.startsWith('service:') ? service.ipc.slice('service:'.length) : undefined
  const target = sharer === undefined ? undefined : model.services[sharer]
  if (target !== undefined && ['', 'private', 'none'].includes(target.ipc ?? '')) {
    tell('conflict', path('ipc'), {
      message: `services.${name}.ipc: the IPC namespace of service "${sharer}" is private`,
      hint: `give ${sharer} "ipc: shareable"`,
    })
  }
  for (const key of ['hostname', 'domainname'] as const) {
    if (!service.uts || service[key] === undefined) continue
    tell('conflict', path(key), {
      message: `services.${name} has both ${key} and uts: ${service.uts}`,
      hint: 'the names are those of the namespace that is shared',
    })
  }
}
