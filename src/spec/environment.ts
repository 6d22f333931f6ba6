import {own} from './source.ts'
import {type Entry, entriesOf, type MapTree, withEntry} from './tree.ts'

/** `environment: [KEY]` and `args: [KEY]` take their values from where stack runs, where there is one. */
export function resolveEnvironment(tree: MapTree, environment: Readonly<Record<string, string>>): MapTree {
  const services = tree.entries.get('services')
  if (services?.value.kind !== 'map') return tree
  const entries = new Map<string, Entry>()
  for (const [name, {key, value}] of services.value.entries) {
    entries.set(name, {key, value: value.kind === 'map' ? filled(value, environment) : value})
  }
  return withEntry(tree, 'services', {key: services.key, value: {...services.value, entries}})
}

function filled(service: MapTree, environment: Readonly<Record<string, string>>): MapTree {
  const written = service.entries.get('environment')
  if (written?.value.kind !== 'map') return service
  const entries = new Map(written.value.entries)
  for (const [name, {key, value}] of entriesOf(written.value)) {
    if (value.kind !== 'scalar' || value.value !== null || value.mark === 'reset') continue
    const found = own(environment, name)
    if (found !== undefined) entries.set(name, {key, value: {...value, value: found}})
  }
  return withEntry(service, 'environment', {key: written.key, value: {...written.value, entries}})
}
