import {lstatSync} from 'node:fs'
import {describe} from '../base/error.ts'
import type {ActualContainer, Engine} from '../engine/engine.ts'
import {Held} from './held.ts'
import {type Found, look} from './look.ts'

export type Container = Pick<ActualContainer, 'id' | 'name' | 'service'>

export type Synced = {
  /** Paths in the container that were written or removed in one of them at least. */
  readonly written: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
  /** How many containers got something. */
  readonly containers: number
  readonly failures: ReadonlyArray<{readonly subject: string; readonly why: string}>
}

type Looking = (path: string) => Promise<Found>

/** At most so much is read before it is sent. */
const most = {files: 256, bytes: 8 << 20}
/** So many are read at the same time. */
const beside = 16

/**
 * What the containers of services have of the host's files. It knows what each has got, so that nothing is written
 * twice; what one could not be given it is owed, and a container that is new is owed everything.
 */
export class Mirror {
  readonly #engine: Engine
  readonly #look: Looking
  /** Of each service: what goes where, container's paths to the host's. */
  readonly #sources = new Map<string, Map<string, string>>()
  /** Of each container: the mark of what it has, by path. */
  readonly #has = new Map<string, Held>()
  readonly #owed = new Map<string, Set<string>>()

  constructor(engine: Engine, looking: Looking = look) {
    this.#engine = engine
    this.#look = looking
  }

  /** Whether a container lacks something that it could not be given, or is not known. */
  isBehind({id, service}: Container): boolean {
    const known = this.#has.has(id)
    return known ? (this.#owed.get(id)?.size ?? 0) > 0 : (this.#sources.get(service)?.size ?? 0) > 0
  }

  /** Those that are there are remembered, others forgotten. */
  keep(containers: readonly Container[]): void {
    const there = new Set(containers.map(({id}) => id))
    for (const id of [...this.#has.keys()]) {
      if (there.has(id)) continue
      this.#has.delete(id)
      this.#owed.delete(id)
    }
  }

  /** Brings the containers of one service up to date: `changed` (container's paths to the host's), and what they are owed. */
  async sync(service: string, changed: ReadonlyMap<string, string>, containers: readonly Container[]): Promise<Synced> {
    const sources = this.#sources.get(service) ?? new Map<string, string>()
    this.#sources.set(service, sources)
    for (const [target, source] of changed) sources.set(target, source)
    for (const {id} of containers) this.#owe(id, this.#has.has(id) ? changed.keys() : sources.keys())
    const wanted = new Set(containers.flatMap(({id}) => [...(this.#owed.get(id) ?? [])]))
    const result = {written: new Set<string>(), removed: new Set<string>(), got: new Set<string>(), failures: []}
    for await (const pieces of ahead(this.#read(removalsFirst(wanted, sources), sources))) {
      const groups = grouped(containers.map(each => this.#newsFor(each, pieces, result)))
      await Promise.all(groups.map(each => this.#give(each, result)))
    }
    return {...result, containers: result.got.size}
  }

  #owe(id: string, targets: Iterable<string>): void {
    const owed = this.#owed.get(id) ?? new Set()
    for (const target of targets) owed.add(target)
    this.#owed.set(id, owed)
    if (!this.#has.has(id)) this.#has.set(id, new Held())
  }

  async *#read(targets: readonly string[], sources: ReadonlyMap<string, string>): AsyncGenerator<Piece[]> {
    let pieces: Piece[] = []
    let bytes = 0
    for (let from = 0; from < targets.length; from += beside) {
      for (const piece of await Promise.all(
        targets.slice(from, from + beside).map(each => this.#piece(each, sources)),
      )) {
        const {found} = piece
        pieces.push(piece)
        if (found.kind === 'found' && found.change.kind === 'file') bytes += found.change.data.byteLength
      }
      if (pieces.length < most.files && bytes < most.bytes) continue
      yield pieces
      pieces = []
      bytes = 0
    }
    if (pieces.length > 0) yield pieces
  }

  async #piece(target: string, sources: ReadonlyMap<string, string>): Promise<Piece> {
    const source = sources.get(target)!
    return {target, source, found: await this.#look(source)}
  }

  #newsFor(container: Container, pieces: readonly Piece[], result: Result): Parcel {
    const [owed, has] = [this.#owed.get(container.id)!, this.#has.get(container.id)!]
    const own = pieces.filter(({target}) => owed.has(target))
    for (const {target, source, found} of own) {
      if (found.kind === 'unreadable') result.failures.push({subject: source, why: found.why})
      if (found.kind === 'other' || (found.kind === 'found' && has.get(target) === found.mark)) owed.delete(target)
    }
    const news = own.flatMap(({target, found}) =>
      found.kind === 'found' && owed.has(target) ? [{target, mark: found.mark, change: found.change}] : [],
    )
    news.sort((a, b) => Number(b.change.kind === 'gone') - Number(a.change.kind === 'gone'))
    return {containers: [container], news}
  }

  async #give({containers, news}: Parcel, result: Result): Promise<void> {
    const changes = news.map(({target, change}) => ({path: target, ...change}))
    const settled = await this.#engine.changeFiles(
      containers.map(({id}) => id),
      changes,
    )
    for (const [index, {id, name}] of containers.entries()) {
      const outcome = settled[index]!
      if (outcome.status === 'rejected') {
        result.failures.push({subject: name, why: describe(outcome.reason)})
        continue
      }
      result.got.add(id)
      const [owed, has] = [this.#owed.get(id)!, this.#has.get(id)!]
      for (const {target, mark, change} of news) {
        owed.delete(target)
        has.set(target, mark)
        result[change.kind === 'gone' ? 'removed' : 'written'].add(target)
      }
    }
  }
}

/** Containers that lack the same get one archive; that is nearly always all of a service. */
function grouped(parcels: readonly Parcel[]): Parcel[] {
  const groups = new Map<string, Parcel>()
  for (const {containers, news} of parcels) {
    if (news.length === 0) continue
    const key = news.map(({target}) => target).join('\0')
    const same = groups.get(key)
    groups.set(key, {containers: [...(same?.containers ?? []), ...containers], news})
  }
  return [...groups.values()]
}

/** The next is read while one is worked on. */
async function* ahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next()
  for (let {done, value} = await next; !done; {done, value} = await next) {
    next = source.next()
    // Whoever asks for it is told.
    next.catch(() => {})
    yield value
  }
}

type Piece = {readonly target: string; readonly source: string; readonly found: Found}
/** Files of one moment, and the containers that lack just these. */
type Parcel = {readonly containers: readonly Container[]; readonly news: readonly News[]}
type News = {readonly target: string} & Pick<Extract<Found, {kind: 'found'}>, 'mark' | 'change'>
type Result = {
  readonly written: Set<string>
  readonly removed: Set<string>
  readonly got: Set<string>
  readonly failures: Array<{readonly subject: string; readonly why: string}>
}

/** What takes the place of something comes after that has gone, directories before what is in them. */
function removalsFirst(targets: ReadonlySet<string>, sources: ReadonlyMap<string, string>): string[] {
  const all = [...targets].map(target => [target, isThere(sources.get(target)!)] as const)
  return all.sort(([a, here], [b, there]) => Number(here) - Number(there) || (a < b ? -1 : 1)).map(([target]) => target)
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path) !== undefined
  } catch {
    return false
  }
}
