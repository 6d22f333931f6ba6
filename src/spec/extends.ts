import {dirname} from 'node:path/posix'
import type {Span} from '../base/diagnostic.ts'
import {suggest} from '../base/suggest.ts'
import {mergeServices} from './merge.ts'
import {problem} from './problem.ts'
import {type Context, decode, prepare, type Setting} from './source.ts'
import {type Entry, get, type MapTree, map, textOf} from './tree.ts'

/** Where a service may be looked for: one file. */
type Scope = {
  readonly path: string
  readonly names: () => string[]
  readonly find: (name: string) => MapTree | undefined
}

/** Lays every service of a prepared document over the one that it extends. */
export function resolveExtends(
  tree: MapTree,
  path: string,
  from: {readonly setting: Setting; readonly context: Context},
): MapTree {
  const services = tree.entries.get('services')
  if (services?.value.kind !== 'map') return tree
  const extending = new Extending(from.setting, from.context)
  const resolved = extending.all(services.value, path)
  return {...tree, entries: new Map(tree.entries).set('services', {key: services.key, value: resolved})}
}

class Extending {
  readonly #setting: Setting
  readonly #context: Context
  readonly #circles = new Set<string>()
  readonly #files = new Map<string, Scope | undefined>()

  constructor(setting: Setting, context: Context) {
    this.#setting = setting
    this.#context = context
  }

  all(services: MapTree, path: string): MapTree {
    const scope: Scope = {
      path,
      names: () => [...services.entries.keys()],
      find: name => asMap(services.entries.get(name)),
    }
    const entries = new Map<string, Entry>()
    for (const [name, entry] of services.entries) {
      const value = entry.value.kind === 'map' ? this.#resolve(name, entry.value, {scope, chain: []}) : entry.value
      entries.set(name, {key: entry.key, value})
    }
    return {...services, entries}
  }

  #resolve(
    name: string,
    service: MapTree,
    {scope, chain}: {readonly scope: Scope; readonly chain: readonly string[]},
  ): MapTree {
    const wanted = textOf(get(service, 'extends', 'service'))
    const key = service.entries.get('extends')
    if (wanted === undefined || key === undefined || key.value.mark === 'reset') return service
    const link = `${scope.path}#${name}`
    const own = withoutExtends(service)
    if (chain.includes(link)) {
      const circle = chain.slice(chain.indexOf(link)).sort().join()
      const names = [...chain.slice(chain.indexOf(link)), link].map(each => each.slice(each.lastIndexOf('#') + 1))
      if (this.#circles.has(circle)) return own
      this.#circles.add(circle)
      this.#context.report(
        problem('circular-extends', `services extend each other: ${names.join(' → ')}`, {at: key.key}),
      )
      return own
    }
    const file = textOf(get(service, 'extends', 'file'))
    const where =
      file === undefined || file === scope.path ? scope : this.#scopeOf(file, get(service, 'extends', 'file')!.at)
    const base = where?.find(wanted)
    if (base === undefined) {
      if (where !== undefined) this.#missing(name, {wanted, where, at: get(service, 'extends', 'service')!.at})
      return own
    }
    return mergeServices(this.#resolve(wanted, base, {scope: where!, chain: [...chain, link]}), own)
  }

  #missing(
    name: string,
    {wanted, where, at}: {readonly wanted: string; readonly where: Scope; readonly at: Span},
  ): void {
    const near = suggest(wanted, where.names())
    this.#context.report(
      problem('undefined-reference', `services.${name}.extends: there is no service "${wanted}" in ${where.path}`, {
        at,
        hint: near === undefined ? undefined : `did you mean "${near}"?`,
      }),
    )
  }

  #scopeOf(path: string, at: Span): Scope | undefined {
    if (!this.#files.has(path)) this.#files.set(path, this.#open(path, at))
    return this.#files.get(path)
  }

  /** Only the services that are asked for are looked into: others in that file may be anything. */
  #open(path: string, at: Span): Scope | undefined {
    const bytes = this.#context.read(path)
    if (bytes === undefined) {
      this.#context.report(problem('file-not-found', `file ${path} to extend from is not there`, {at}))
      return undefined
    }
    const setting: Setting = {...this.#setting, base: {...this.#setting.base, directory: dirname(path)}}
    const documents = this.#context.documents({path, text: decode(bytes)})
    const prepared = new Map<string, MapTree | undefined>()
    const find = (name: string): MapTree | undefined => {
      if (!prepared.has(name)) prepared.set(name, this.#serviceOf(name, documents, setting))
      return prepared.get(name)
    }
    return {
      path,
      names: () => documents.flatMap(each => [...(asMap(each.entries.get('services'))?.entries.keys() ?? [])]),
      find,
    }
  }

  #serviceOf(name: string, documents: readonly MapTree[], setting: Setting): MapTree | undefined {
    let found: MapTree | undefined
    for (const document of documents) {
      const entry = asMap(document.entries.get('services'))?.entries.get(name)
      if (entry === undefined) continue
      const services = map(new Map([[name, entry]]), entry.value.at)
      const only = map(new Map([['services', {key: entry.key, value: services}]]), document.at)
      const service = get(prepare(only, setting, {context: this.#context, isFragment: true}), 'services', name)
      if (service?.kind === 'map') found = found === undefined ? service : mergeServices(found, service)
    }
    return found
  }
}

const asMap = (entry: Entry | undefined): MapTree | undefined => (entry?.value.kind === 'map' ? entry.value : undefined)

function withoutExtends(service: MapTree): MapTree {
  const entries = new Map(service.entries)
  entries.delete('extends')
  return {...service, entries}
}
