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
  return {
    on: record(entries.filter(([, service]) => isOn(service))),
    off: record(entries.filter(([, service]) => !isOn(service))),
  }
}

function record(entries: ReadonlyArray<readonly [string, CanonicalService]>): Record<string, CanonicalService> {
  const result: Record<string, CanonicalService> = Object.create(null)
  for (const [key, service] of entries) result[key] = service
  return result
}
