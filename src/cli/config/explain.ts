import {relative} from 'node:path'
import {positionOf, type Span} from '../../base/diagnostic.ts'
import {StackError} from '../../base/error.ts'
import {suggest} from '../../base/suggest.ts'
import {
  type Explained,
  explainAll,
  findValue,
  type Origin,
  type VariableOrigin,
  writtenAt,
} from '../../spec/provenance.ts'
import type {Plain} from '../../spec/tree.ts'
import type {Model} from '../context.ts'

export type Explaining = {
  readonly path: string
  readonly json: boolean
  /** Files below it are shown from it. */
  readonly directory: string
}

/** Each value at the path and below: what it is, who said it, and what it took the place of. */
export function renderExplained(model: Model, {path, json, directory}: Explaining): string {
  const all = explained(model, path)
  if (json)
    return `${JSON.stringify(
      all.map(each => explainedJson(each, directory)),
      null,
      2,
    )}\n`
  return all.flatMap(each => linesOf(each, directory).map(line => `${line}\n`)).join('')
}

/** Errors: not-found, with the names that there are. */
function explained({canonical, sources}: Model, path: string): readonly Explained[] {
  const found = findValue(canonical, path)
  if ('path' in found) return explainAll(found, sources)
  const above = found.at === '' ? '' : `${found.at}.`
  const near = suggest(path.slice(above.length).split(/[.[]/)[0]!, found.keys)
  const names = `${found.at === '' ? 'the file' : found.at} has ${found.keys.join(', ') || 'nothing below it'}`
  throw new StackError('not-found', `there is no value at ${path}`, {
    hint: near === undefined ? names : `did you mean "${above}${near}"?`,
  })
}

const linesOf = ({path, value, from, shadows}: Explained, directory: string): string[] => [
  `${path}: ${shown(value)}`,
  ...originLines(from, directory),
  ...shadows.map(({value: before, at}) => `  instead of ${shown(before)}   ${placeOf(at, directory)}`),
]

function originLines(from: Origin, directory: string): string[] {
  if (from.kind === 'default') return ['  the default: no file says it']
  const place = placeOf(from.at, directory)
  if (from.kind === 'env-file') return [`  ${place}`]
  const [line = '', ...more] = writtenAt(from.at).split('\n')
  return [
    `  ${place}   ${line}${more.length > 0 ? ' …' : ''}`.trimEnd(),
    ...from.variables.map(each => `    ${each.name} ${variableText(each, directory)}`),
  ]
}

function variableText({value, at}: VariableOrigin, directory: string): string {
  if (value === undefined) return 'is not set'
  return `is ${shown(value)}   ${at === undefined ? 'environment' : placeOf(at, directory)}`
}

const shown = (value: Plain): string => JSON.stringify(value)

/** `compose.yaml:4:12` */
export function placeOf({file, start}: Span, directory: string): string {
  const {line, column} = positionOf(file, start)
  const name = file.path.startsWith(`${directory}/`) ? relative(directory, file.path) : file.path
  return `${name}:${line}:${column}`
}

/** For programs: places as text. */
export const explainedJson = ({path, value, from, shadows}: Explained, directory: string) => ({
  path,
  value,
  from: {
    kind: from.kind,
    ...('at' in from && {at: placeOf(from.at, directory)}),
    ...('variables' in from && {
      variables: from.variables.map(({name, value: given, at}) => ({
        name,
        value: given ?? null,
        at: at === undefined ? null : placeOf(at, directory),
      })),
    }),
  },
  shadows: shadows.map(({value: before, at}) => ({value: before, at: placeOf(at, directory)})),
})
