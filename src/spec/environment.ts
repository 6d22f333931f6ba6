import {own} from './source.ts'
import {entriesOf, type MapTree, withEntry, withServices} from './tree.ts'

type Variables = Readonly<Record<string, string>>

/** `environment: [KEY]` and `args: [KEY]` take their values from where stack runs, where there is one. */
export const resolveEnvironment = (tree: MapTree, environment: Variables): MapTree =>
  withServices(tree, service => filled(service, environment))

function filled(service: MapTree, environment: Variables): MapTree {
  const resolved = fill(service, 'environment', {environment, keep: true})
  const hooked = hookAttributes.reduce((tree, attribute) => filledHooks(tree, attribute, environment), resolved)
  const build = hooked.entries.get('build')
  if (build?.value.kind !== 'map') return hooked
  return withEntry(hooked, 'build', {key: build.key, value: fill(build.value, 'args', {environment, keep: false})})
}

const hookAttributes = ['pre_start', 'post_start', 'pre_stop']

function filledHooks(service: MapTree, attribute: string, environment: Variables): MapTree {
  const hooks = service.entries.get(attribute)
  if (hooks?.value.kind !== 'list') return service
  const items = hooks.value.items.map(hook =>
    hook.kind === 'map' ? fill(hook, 'environment', {environment, keep: true}) : hook,
  )
  return withEntry(service, attribute, {key: hooks.key, value: {...hooks.value, items}})
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
