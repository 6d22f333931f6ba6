import type {Canonical} from './canonical-form.ts'

/** The named services and all that they depend on; every service when none is named. */
export function selectedServices({services}: Canonical, named: readonly string[]): ReadonlySet<string> {
  const selected = new Set<string>()
  const queue = named.length === 0 ? Object.keys(services) : [...named]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (selected.has(name)) continue
    selected.add(name)
    queue.push(...Object.keys(services[name]?.depends_on ?? {}))
  }
  return selected
}
