import type {SourceFile} from '../base/diagnostic.ts'
import {canonicalise} from './canonicalise.ts'
import {interpolate} from './interpolate.ts'
import {type Base, resolvePaths} from './paths.ts'
import type {Report} from './problem.ts'
import type {MapTree} from './tree.ts'
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

/** What the values of a file mean: its variables, and where its relative paths start. */
export type Setting = {readonly environment: Readonly<Record<string, string>>; readonly base: Base}

/** One document: variables filled in, checked, in canonical form, with absolute paths. */
export function prepare(tree: MapTree, setting: Setting, {report}: Context): MapTree {
  const filled = interpolate(tree, name => own(setting.environment, name), report)
  const {tree: valid, problems} = validate(filled)
  problems.forEach(report)
  return resolvePaths(canonicalise(valid, report), setting.base)
}

export const own = (record: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
