import rows from '../../schemas/support.json' with {type: 'json'}
import {type Path, renderPath} from './path.ts'
import {compileRules, type Rules, ruleFor} from './pattern.ts'
import {type Code, problem, type Report, warning} from './problem.ts'
import type {SupportContext} from './support-check.ts'
import {supportOfValue} from './support-values.ts'
import {type Entry, type MapTree, type Tree, textOf} from './tree.ts'

export type Row =
  | 'supported'
  | {
      readonly support: 'partial' | 'warned' | 'rejected'
      readonly because: string
      readonly code?: string
      /** Values that ask for what happens anyhow. */
      readonly anyhow?: readonly string[]
    }

export const supportRows = rows as Readonly<Record<string, Row>>

const rules: Rules<Row> = compileRules(Object.entries(supportRows))

/** Names everything in the canonical tree that stack does not honour: nothing is dropped silently. */
export function checkSupport(tree: MapTree, context: SupportContext, report: Report): void {
  visit(tree, {path: [], at: rules, report})
  supportOfValue(tree, context, report)
}

type Visit = {readonly path: Path; readonly at: Rules<Row>; readonly report: Report}

function visit(tree: Tree, {path, at, report}: Visit): void {
  const children: Iterable<readonly [string | number, Entry]> =
    tree.kind === 'map'
      ? tree.entries
      : tree.kind === 'list'
        ? [...tree.items].map((value, index) => [index, {key: value.at, value}] as const)
        : []
  for (const [part, entry] of children) {
    const next = ruleFor(at, part)
    if (next === undefined) continue
    const below = [...path, part]
    if (isSilent(next.value, entry.value) || isOff(entry.value)) visit(entry.value, {path: below, at: next, report})
    else tell(next.value as Exclude<Row, string>, below, {entry, report})
  }
}

const isSilent = (row: Row | undefined, tree: Tree): boolean =>
  row === undefined ||
  row === 'supported' ||
  row.support === 'partial' ||
  row.anyhow?.includes(textOf(tree) ?? '') === true
/** Saying no to something that is not there is no request for it. */
const isOff = (tree: Tree): boolean => tree.kind === 'scalar' && (tree.value === false || tree.value === null)

function tell(
  row: Exclude<Row, string>,
  path: Path,
  {entry, report}: {readonly entry: Entry; readonly report: Report},
): void {
  const make = row.support === 'rejected' ? problem : warning
  const what =
    row.code === 'obsolete' ? 'is obsolete' : row.support === 'rejected' ? 'is not supported' : 'has no effect'
  report(make((row.code ?? 'unsupported') as Code, `${renderPath(path)} ${what}`, {at: entry.key, hint: row.because}))
}
