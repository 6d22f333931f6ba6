import type {PackageChoice} from '../reference.ts'
import type {Dependency, Stanza} from './stanza.ts'

export type Rules = {
  /** Packages that nobody gets unless he names them. */
  readonly denied: ReadonlySet<string>
  /** `package → dependency` that only its maintainer scripts need. */
  readonly cut: ReadonlySet<string>
}

/** Packages with all that they need, by name; or what is wanted and was not among the stanzas. */
export type Closure = {readonly packages: readonly Stanza[]; readonly missing: readonly PackageChoice[]}

export const edge = (from: string, to: string): string => `${from} → ${to}`

/**
 * Everything that the roots need. Of several versions the first stanza counts, as apt prefers it, unless one is named.
 * Of alternatives the first that is chosen already, else the first there is. One version per package: the first asked for.
 */
export function closureOf(roots: readonly PackageChoice[], stanzas: readonly Stanza[], rules: Rules): Closure {
  const index = indexOf(stanzas)
  const named = new Set(roots.map(each => each.name))
  const chosen = new Map<string, Stanza>()
  const missing: PackageChoice[] = []
  const queue: Array<readonly Dependency[]> = roots.map(({name, version}) => [
    version === undefined ? {name} : {name, exactVersion: version},
  ])

  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (next.some(each => chosen.has(each.name) || providersOf(index, each.name).some(({name}) => chosen.has(name)))) {
      continue
    }
    const found = firstFound(index, next)
    if (found === undefined) {
      missing.push(asChoice(next[0]!))
      continue
    }
    chosen.set(found.name, found)
    queue.push(
      ...found.depends.map(each => wanted(found.name, each, {...rules, named})).filter(each => each.length > 0),
    )
  }
  return {packages: [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), missing}
}

type Index = {
  readonly byName: ReadonlyMap<string, readonly Stanza[]>
  readonly byProvided: ReadonlyMap<string, readonly Stanza[]>
}

function indexOf(stanzas: readonly Stanza[]): Index {
  const [byName, byProvided] = [new Map<string, Stanza[]>(), new Map<string, Stanza[]>()]
  for (const stanza of stanzas) {
    append(byName, stanza.name, stanza)
    for (const name of stanza.provides) append(byProvided, name, stanza)
  }
  return {byName, byProvided}
}

function append(index: Map<string, Stanza[]>, key: string, stanza: Stanza): void {
  const list = index.get(key)
  if (list === undefined) index.set(key, [stanza])
  else list.push(stanza)
}

const providersOf = (index: Index, name: string): readonly Stanza[] => index.byProvided.get(name) ?? []

function firstFound(index: Index, alternatives: readonly Dependency[]): Stanza | undefined {
  for (const {name, exactVersion} of alternatives) {
    const versions = index.byName.get(name) ?? providersOf(index, name)
    const found =
      exactVersion === undefined
        ? versions[0]
        : versions.find(each => each.version === exactVersion || each.name !== name)
    if (found !== undefined) return found
  }
  return undefined
}

/** A dependency whose first choice is refused goes as a whole: the others only stand in for it. */
function wanted(from: string, alternatives: readonly Dependency[], rules: Rules & {named: ReadonlySet<string>}) {
  const refused = ({name}: Dependency) =>
    !rules.named.has(name) && (rules.denied.has(name) || rules.cut.has(edge(from, name)))
  return refused(alternatives[0]!) ? [] : alternatives.filter(each => !refused(each))
}

const asChoice = ({name, exactVersion}: Dependency): PackageChoice =>
  exactVersion === undefined ? {name} : {name, version: exactVersion}
