import type {Canonical, CanonicalService} from './canonical-form.ts'

/** Services that run and services that do not, by the profiles that are active. */
export type Switched = {
  readonly on: Readonly<Record<string, CanonicalService>>
  readonly off: Readonly<Record<string, CanonicalService>>
}

/** Naming a service switches on its own profiles, not those of what it depends on. */
export function applyProfiles({services}: Canonical, profiles: readonly string[], named: readonly string[]): Switched {
  const active = new Set([...profiles, ...named.flatMap(name => services[name]?.profiles ?? [])])
  const isOn = ({profiles: own = []}: CanonicalService) =>
    own.length === 0 || active.has('*') || own.some(each => active.has(each))
  const entries = Object.entries(services)
  const isThere = (name: string) => services[name] === undefined || isOn(services[name])
  return {
    on: record(
      entries
        .filter(([, service]) => isOn(service))
        .map(([name, service]) => [name, withoutAbsent(service, isThere)] as const),
    ),
    off: record(entries.filter(([, service]) => !isOn(service))),
  }
}

/** A dependency that may be missing is gone when its service is switched off. */
function withoutAbsent(service: CanonicalService, isThere: (name: string) => boolean): CanonicalService {
  if (service.depends_on === undefined) return service
  const kept = Object.entries(service.depends_on).filter(([name, {required}]) => required !== false || isThere(name))
  return {...service, depends_on: Object.fromEntries(kept)}
}

function record(entries: ReadonlyArray<readonly [string, CanonicalService]>): Record<string, CanonicalService> {
  const result: Record<string, CanonicalService> = Object.create(null)
  for (const [key, service] of entries) result[key] = service
  return result
}
