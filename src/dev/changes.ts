import type {ActualContainer} from '../engine/engine.ts'
import type {Project} from '../model/project.ts'
import {type Acting, restart, runInAll} from './actions.ts'
import {Marks} from './look.ts'
import {Mirror, type Synced} from './mirror.ts'
import {isBelow, type Rule, targetOf} from './rules.ts'

/** Milliseconds until what could not be done is tried again: longer each time. */
const patience = {first: 250, most: 5000}

type Means = {
  readonly again: () => void
  readonly rebuild: (services: readonly string[]) => Promise<readonly string[]>
}

/** Does what the rules say about changed paths: images first, then files, then restarts, then commands. */
export class Changes {
  #acting: Acting
  readonly #means: Means
  readonly #mirror: Mirror
  #rules: readonly Rule[] = []
  /** Of files of `restart` and `rebuild` rules. */
  readonly #seen = new Marks()
  readonly #told = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #wait = patience.first

  constructor(acting: Acting, means: Means) {
    this.#acting = acting
    this.#means = means
    this.#mirror = new Mirror(acting.engine)
  }

  use(project: Project, rules: readonly Rule[]): void {
    this.#acting = {...this.#acting, project}
    this.#rules = rules
  }

  tellRules(found: readonly string[]): void {
    for (const rule of this.#rules) {
      const {service, action, path, target} = rule
      const files = found.filter(each => rule.isWanted(each) && each !== path).length
      this.#acting.report({kind: 'watching', service, action, path, target, files})
    }
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** Errors: of the engine, where it cannot be asked. */
  async apply(paths: ReadonlySet<string>): Promise<void> {
    const began = performance.now()
    const rebuilt = await this.#rebuild(paths, began)
    const {engine, project} = this.#acting
    const {containers} = await engine.observe(project.name)
    const own = containers.filter(({oneoff}) => !oneoff)
    this.#mirror.keep(own)
    const services = [...new Set(this.#rules.map(({service}) => service))]
    const synced = new Map<string, Synced>()
    await Promise.all(
      services.map(async service => {
        const result = await this.#sync(service, paths, {own, began})
        if (result !== undefined) synced.set(service, result)
      }),
    )
    this.#retryWhere([...synced.values()].some(({failures}) => failures.length > 0))
    const rules = this.#rules.filter(({service}) => !rebuilt.includes(service))
    await this.#restart(paths, synced, {rules, began})
    await this.#run(synced, {own, rules, began})
  }

  /** Services whose containers are new. */
  async #rebuild(paths: ReadonlySet<string>, began: number): Promise<readonly string[]> {
    const because = new Map<string, string>()
    for (const rule of this.#rules) {
      const path = rule.action === 'rebuild' ? await this.#changedOf(rule, paths) : undefined
      if (path !== undefined) because.set(rule.service, path)
    }
    if (because.size === 0 || this.#acting.signal.aborted) return []
    const services = await this.#means.rebuild([...because.keys()])
    const reason = [...because.values()][0]!
    if (services.length > 0) {
      this.#acting.report({kind: 'rebuilt', services, because: reason, ms: performance.now() - began})
    }
    return services
  }

  async #changedOf(rule: Rule, paths: ReadonlySet<string>): Promise<string | undefined> {
    return (await this.#seen.changed([...paths].filter(rule.isWanted)))[0]
  }

  async #sync(
    service: string,
    paths: ReadonlySet<string>,
    {own, began}: {readonly own: readonly ActualContainer[]; readonly began: number},
  ): Promise<Synced | undefined> {
    const rules = this.#rules.filter(each => each.service === service && each.action.startsWith('sync'))
    const changed = new Map<string, string>()
    for (const path of paths) {
      for (const rule of rules) if (rule.isWanted(path)) changed.set(targetOf(rule, path), path)
    }
    const containers = own.filter(each => each.service === service)
    if (changed.size === 0 && !containers.some(each => this.#mirror.isBehind(each))) return undefined
    const result = await this.#mirror.sync(service, changed, containers)
    const {written, removed} = result
    if (written.size + removed.size > 0) {
      const what = {written: [...written], removed: [...removed], containers: result.containers}
      this.#acting.report({kind: 'synced', service, ...what, ms: performance.now() - began})
    }
    for (const {subject, why} of result.failures) this.#tellOnce(service, `${subject}: ${why}; it is tried again`)
    return result
  }

  /** The same is said once, until all has gone well again. */
  #tellOnce(service: string, message: string): void {
    if (this.#told.has(message)) return
    this.#told.add(message)
    this.#acting.report({kind: 'warned', service, message})
  }

  #retryWhere(failed: boolean): void {
    if (!failed) {
      this.#told.clear()
      this.#wait = patience.first
      return
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#means.again, this.#wait)
    this.#wait = Math.min(this.#wait * 2, patience.most)
  }

  async #restart(
    paths: ReadonlySet<string>,
    synced: ReadonlyMap<string, Synced>,
    {rules, began}: {readonly rules: readonly Rule[]; readonly began: number},
  ): Promise<void> {
    const because = new Map<string, string>()
    for (const rule of rules) {
      const path =
        rule.action === 'restart'
          ? await this.#changedOf(rule, paths)
          : rule.action === 'sync+restart'
            ? touchedBy(rule, synced)[0]
            : undefined
      if (path !== undefined) because.set(rule.service, path)
    }
    if (because.size === 0 || this.#acting.signal.aborted) return
    const services = await restart(this.#acting, [...because.keys()])
    const reason = [...because.values()][0]!
    if (services.length > 0) {
      this.#acting.report({kind: 'restarted', services, because: reason, ms: performance.now() - began})
    }
  }

  async #run(
    synced: ReadonlyMap<string, Synced>,
    {
      own,
      rules,
      began,
    }: {readonly own: readonly ActualContainer[]; readonly rules: readonly Rule[]; readonly began: number},
  ): Promise<void> {
    for (const rule of rules) {
      if (rule.exec === undefined || touchedBy(rule, synced).length === 0) continue
      const {service, exec} = rule
      const running = own.filter(each => each.service === service && each.status === 'running')
      await runInAll(this.#acting, exec, running)
      const what = {command: exec.command, containers: running.length, ms: performance.now() - began}
      this.#acting.report({kind: 'executed', service, ...what})
    }
  }
}

/** What a rule is about, of what has been written to its service's containers. */
function touchedBy({service, target}: Rule, synced: ReadonlyMap<string, Synced>): string[] {
  const {written = [], removed = []} = synced.get(service) ?? {}
  return [...written, ...removed].filter(path => isBelow(target, path))
}
