import {StackError} from '../../../base/error.ts'
import {type PackageChoice, written} from '../reference.ts'
import {type Apt, notThere} from './apt.ts'
import {type Closure, closureOf, type Rules} from './closure.ts'
import {base, cut, denied} from './rules.ts'
import type {Stanza} from './stanza.ts'

export type Request = {
  /** What the reference names. */
  readonly packages: readonly PackageChoice[]
  /** What the recipe adds, and what it can do without. */
  readonly extra: readonly string[]
  readonly without: readonly string[]
}

/** Rounds of asking for one more exact version; each package that wants one of its own needs at most one. */
const mostRounds = 8

/** The packages, exact versions, of an image: two questions to apt where no version is named. */
export async function resolve(apt: Apt, {packages, extra, without}: Request): Promise<readonly Stanza[]> {
  const names = packages.map(each => each.name)
  const added = [...extra, ...base].filter(each => !names.includes(each))
  const roots = [...packages, ...added.map(name => ({name}))]
  const rules = {denied: new Set([...denied, ...without]), cut: new Set(cut)}
  const known = await apt.show(await apt.reachable(roots.map(each => each.name)))
  const {packages: found, missing} = await complete(apt, roots, {known, rules})
  if (missing.length === 0) return found
  throw await unresolved(apt, {names, missing, known})
}

/** Dependencies on an exact version that apt does not prefer are asked for by that version. */
async function complete(
  apt: Apt,
  roots: readonly PackageChoice[],
  {known, rules}: {known: readonly Stanza[]; rules: Rules},
): Promise<Closure> {
  let stanzas = known
  let closure = closureOf(roots, stanzas, rules)
  for (let round = 0; round < mostRounds && closure.missing.length > 0; round++) {
    const exact = closure.missing.filter(each => each.version !== undefined)
    const more = exact.length === 0 ? [] : await apt.showVersions(exact)
    if (more.length === 0) return closure
    stanzas = [...stanzas, ...more]
    closure = closureOf(roots, stanzas, rules)
  }
  return closure
}

type Unresolved = {
  readonly names: readonly string[]
  readonly missing: readonly PackageChoice[]
  readonly known: readonly Stanza[]
}

async function unresolved(apt: Apt, {names, missing, known}: Unresolved): Promise<StackError> {
  const first = missing[0]!
  const {version} = known.find(each => each.name === first.name) ?? {}
  if (version !== undefined) {
    return new StackError('image-not-found', `apt has no ${written(first)}`, {
      hint: `there is ${first.name}=${version}`,
    })
  }
  if (names.includes(first.name) || known.length === 0) return await notThere(first.name, apt)
  return new StackError(
    'image-failed',
    `${names.join(', ')}: needs package "${first.name}", which no archive of this host has`,
  )
}
