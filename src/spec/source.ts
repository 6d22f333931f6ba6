import type {SourceFile} from '../base/diagnostic.ts'
import {canonicalise} from './canonicalise.ts'
import {interpolate} from './interpolate.ts'
import {type Base, resolvePaths} from './paths.ts'
import type {Report} from './problem.ts'
import type {MapTree, Tree} from './tree.ts'
import {validate} from './validate.ts'
import {parseYaml} from './yaml.ts'

/** What stays the same while one project is loaded. */
export type Context = {
  readonly report: Report
  /** The file's bytes, or undefined where there is none. */
  readonly read: (path: string) => Uint8Array | undefined
  /** The documents of a file, not yet looked into; each file is parsed once. */
  readonly documents: (file: SourceFile) => readonly MapTree[]
}

export function createContext(read: Context['read'], report: Report): Context {
  const parsed = new Map<SourceFile, readonly MapTree[]>()
  const documents = (file: SourceFile): readonly MapTree[] => {
    const known = parsed.get(file) ?? parseYaml(file, report)
    parsed.set(file, known)
    return known
  }
  return {read, report, documents}
}

/** A part of loading that can be left out, to see the files as they are before it. */
export type Stage = 'interpolation' | 'normalisation' | 'paths' | 'env-files' | 'consistency'

/** What the values of a file mean: its variables, and where its relative paths start. */
export type Setting = {
  readonly environment: Readonly<Record<string, string>>
  readonly base: Base
  readonly without: ReadonlySet<Stage>
}

/** One document: variables filled in, checked, in canonical form, with absolute paths. A fragment has another one below it. */
export function prepare(
  tree: MapTree,
  {environment, base, without}: Setting,
  {context: {report}, isFragment}: {readonly context: Context; readonly isFragment: boolean},
): MapTree {
  const isRaw = without.has('interpolation')
  const filled = isRaw ? tree : interpolate(tree, name => own(environment, name), report)
  const {tree: valid, problems} = validate(filled, {isFragment})
  problems.forEach(report)
  const canonical = canonicalise(valid, {report, mayStay: isRaw ? hasVariable : () => false})
  return without.has('paths') ? canonical : resolvePaths(canonical, base)
}

/** Before its variables are filled in nobody can tell what a value means. */
function hasVariable(tree: Tree): boolean {
  if (tree.kind === 'scalar') return typeof tree.value === 'string' && tree.value.includes('$')
  return tree.kind === 'list'
    ? tree.items.some(hasVariable)
    : [...tree.entries.values()].some(({value}) => hasVariable(value))
}

export const own = (record: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
