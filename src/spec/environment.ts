import {own} from './source.ts'
import {entriesOf, type MapTree, withEntry, withServices} from './tree.ts'

type Variables = Readonly<Record<string, string>>

/** `environment: [KEY]` and `args: [KEY]` take their values from where stack runs, where there is one. */
export const resolveEnvironment = (tree: MapTree, environment: Variables): MapTree =>
  withServices(tree, service => filled(service, environment))

function filled(service: MapTree, environment: Variables): MapTree {
  const resolved = fill(service, 'environment', {environment, keep: true})
  const build = resolved.entries.get('build')
  if (build?.value.kind !== 'map') return resolved
  return withEntry(resolved, 'build', {key: build.key, value: fill(build.value, 'args', {environment, keep: false})})
}

/** What is not set stays a name alone, or goes: an image's variable can be taken away, a build argument cannot. */
function fill(
  owner: MapTree,
  attribute: string,
  {environment, keep}: {environment: Variables; keep: boolean},
): MapTree {
  const written = owner.entries.get(attribute)
  if (written?.value.kind !== 'map') return owner
  const entries = new Map(written.value.entries)
  for (const [name, {key, value}] of entriesOf(written.value)) {
    if (value.kind !== 'scalar' || value.value !== null || value.mark === 'reset') continue
    const found = own(environment, name)
    if (found !== undefined) entries.set(name, {key, value: {...value, value: found, variable: name}})
    else if (!keep) entries.delete(name)
  }
  return withEntry(owner, attribute, {key: written.key, value: {...written.value, entries}})
}
