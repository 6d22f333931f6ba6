import {type Path, renderPath} from './path.ts'
import {problem, type Report, warning} from './problem.ts'
import type {Cast} from './schema.ts'
import type {ScalarTree} from './tree.ts'

type Place = {readonly path: Path; readonly report: Report}

/** Text as the boolean or number that belongs here: `${DEBUG}` is always text at first. */
export function cast(tree: ScalarTree, wanted: Cast, place: Place): ScalarTree | undefined {
  if (typeof tree.value !== 'string') return tree
  const value = wanted === 'boolean' ? toBoolean(tree.value, tree, place) : toNumber(tree.value, wanted)
  if (value !== undefined) return {...tree, value}
  const kind = {boolean: 'true or false', integer: 'a whole number', number: 'a number'}[wanted]
  place.report(problem('bad-value', `${renderPath(place.path)} must be ${kind}, not "${tree.value}"`, {at: tree.at}))
  return undefined
}

function toBoolean(text: string, tree: ScalarTree, {path, report}: Place): boolean | undefined {
  const word = text.toLowerCase()
  if (word === 'true' || word === 'false') return word === 'true'
  if (!['y', 'yes', 'on', 'n', 'no', 'off'].includes(word)) return undefined
  const value = ['y', 'yes', 'on'].includes(word)
  report(
    warning('obsolete', `${renderPath(path)}: "${text}" is not a boolean any more`, {
      at: tree.at,
      hint: `write ${value}`,
    }),
  )
  return value
}

function toNumber(text: string, wanted: 'integer' | 'number'): number | undefined {
  if (/^[-+]?\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : undefined
  return wanted === 'number' && /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined
}
