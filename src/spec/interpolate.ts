import type {Span} from '../base/diagnostic.ts'
import {cast} from './cast.ts'
import {type Path, renderPath} from './path.ts'
import {compileRules, type Rules, ruleFor} from './pattern.ts'
import {problem, type Report, warning} from './problem.ts'
import {type Cast, places, type Schema} from './schema.ts'
import {type Lookup, substitute, type TemplateError} from './template.ts'
import type {Entry, MapTree, ScalarTree, Tree} from './tree.ts'

const casts: Rules<Cast> = compileRules(castRows())

function* castRows(): Generator<readonly [string, Cast]> {
  for (const [pattern, schema] of places() as Iterable<readonly [string, Schema]>) {
    if (schema['x-cast'] !== undefined) yield [pattern, schema['x-cast']]
  }
}

/**
 * Replaces variables in values (never in keys) and makes booleans and numbers of text where those belong.
 * What cannot be understood is reported and left out.
 */
export function interpolate(tree: MapTree, lookup: Lookup, report: Report): MapTree {
  const warned = new Set<string>()
  const visit = (at: Tree, path: Path, rules: Rules<Cast> | undefined): Tree | undefined => {
    if (at.kind === 'scalar') return visitScalar(at, path, rules?.value)
    if (at.kind === 'list') {
      const items = at.items.map((item, index) => visit(item, [...path, index], ruleFor(rules, index)))
      return {...at, items: items.filter(item => item !== undefined)}
    }
    const entries = new Map<string, Entry>()
    for (const [key, entry] of at.entries) {
      const value = visit(entry.value, [...path, key], ruleFor(rules, key))
      if (value !== undefined) entries.set(key, {key: entry.key, value})
    }
    return {...at, entries}
  }
  const visitScalar = (at: ScalarTree, path: Path, wanted: Cast | undefined): Tree | undefined => {
    if (at.mark === 'reset') return at
    const filled = typeof at.value === 'string' && at.value.includes('$') ? fill(at, at.value, path) : at
    return filled === undefined || wanted === undefined ? filled : cast(filled, wanted, {path, report})
  }
  const fill = (at: ScalarTree, text: string, path: Path): ScalarTree | undefined => {
    const {value, unset, error} = substitute(text, lookup)
    for (const name of unset.filter(each => !warned.has(each))) {
      warned.add(name)
      report(
        warning('undefined-variable', `variable ${name} is not set and became the empty text`, {
          at: within(at.at, name),
        }),
      )
    }
    if (error === undefined) return {...at, value}
    report(failed(error, at, path))
    return undefined
  }
  return visit(tree, [], casts) as MapTree
}

function failed({kind, message, variable}: TemplateError, {at}: ScalarTree, path: Path) {
  const place = variable === undefined ? at : within(at, variable)
  const hint = kind === 'invalid' ? 'write $$ for a dollar sign that is none' : undefined
  return problem('interpolation', `${renderPath(path)}: ${message}`, {at: place, hint})
}

/** The variable inside the value, where it can be found as written. */
function within(at: Span, name: string): Span {
  const written = at.file.text.slice(at.start, at.end)
  const match = new RegExp(`\\$\\{?${name}(?![A-Za-z0-9_])`).exec(written)
  return match === null
    ? at
    : {file: at.file, start: at.start + match.index, end: at.start + match.index + match[0].length}
}
