import type {Diagnostic} from '../base/diagnostic.ts'
import {suggest} from '../base/suggest.ts'
import {nearest, type Path, renderPath} from './path.ts'
import {problem} from './problem.ts'
import {type Schema, schemaAt} from './schema.ts'
import {itemsOf, type MapTree, type Tree, toPlain} from './tree.ts'
import type {SchemaError} from './validate.generated.mjs'

/** What ajv found, in the words of someone who never saw the schema. */
export function explain(error: SchemaError, path: Path, tree: MapTree): Diagnostic {
  const schema = schemaAt(path) ?? {}
  const {value, key} = nearest(tree, path)
  const where = renderPath(path)
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(String(error.params.additionalProperty), {schema, path, value})
    case 'required':
      return problem('missing-key', `${where} needs ${String(error.params.missingProperty)}`, {at: key})
    case 'enum':
      return problem('bad-value', `${where} must be one of ${(schema.enum ?? []).join(', ')}`, {
        at: value.at,
        hint: didYouMean(value, schema.enum ?? []),
      })
    case 'pattern':
      return badPattern(error, {schema, path, value})
    case 'minimum':
      return problem('bad-value', `${where} must be at least ${schema.minimum}`, {at: value.at})
    case 'maximum':
      return problem('bad-value', `${where} must be at most ${schema.maximum}`, {at: value.at})
    case 'uniqueItems':
      return repeated(Number(error.params.i), Number(error.params.j), {where, value})
    case 'type':
      return badType(schema, {where: where === '' ? 'the file' : where, value})
    default:
      return problem('bad-value', `${where} ${error.message ?? 'is not valid'}`, {at: value.at})
  }
}

type Place = {readonly schema: Schema; readonly path: Path; readonly value: Tree}

function unknownKey(name: string, {schema, path, value}: Place): Diagnostic {
  const key = value.kind === 'map' ? value.entries.get(name)?.key : undefined
  const where = path.length === 0 ? 'at the top level' : `in ${renderPath(path)}`
  return problem('unknown-key', `unknown key "${name}" ${where}`, {
    at: key ?? value.at,
    hint: keyHint(name, schema, path),
  })
}

function keyHint(name: string, schema: Schema, path: Path): string | undefined {
  const near = suggest(name, Object.keys(schema.properties ?? {}))
  if (near !== undefined) return `did you mean "${near}"?`
  return path.length === 0 ? 'services stand under "services:", extensions start with "x-"' : undefined
}

function badPattern(error: SchemaError, {schema, path, value}: Place): Diagnostic {
  const expected =
    (error.propertyName === undefined ? schema : schema.propertyNames)?.['x-expects'] ?? 'written differently'
  if (error.propertyName === undefined) {
    return problem('bad-value', `${renderPath(path)} must be ${expected}`, {
      at: value.at,
      hint: unitHint(value, expected),
    })
  }
  const key = value.kind === 'map' ? value.entries.get(error.propertyName)?.key : undefined
  return problem('bad-value', `the name "${error.propertyName}" in ${renderPath(path)} must be ${expected}`, {
    at: key ?? value.at,
  })
}

function unitHint(value: Tree, expected: string): string | undefined {
  if (value.kind !== 'scalar') return undefined
  if (expected.startsWith('a duration') && /^\d+$/.test(String(value.value)))
    return `a number needs its unit: ${value.value}s`
  return expected.startsWith('one of ') ? didYouMean(value, expected.slice('one of '.length).split(', ')) : undefined
}

function repeated(
  one: number,
  other: number,
  {where, value}: {readonly where: string; readonly value: Tree},
): Diagnostic {
  const item = itemsOf(value)[Math.max(one, other)] ?? value
  return problem('bad-value', `${where} has ${JSON.stringify(toPlain(item))} twice`, {at: item.at})
}

function didYouMean(value: Tree, choices: readonly string[]): string | undefined {
  const near = value.kind === 'scalar' ? suggest(String(value.value), choices) : undefined
  return near === undefined ? undefined : `did you mean "${near}"?`
}

const words: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
}

function badType(schema: Schema, {where, value}: {readonly where: string; readonly value: Tree}): Diagnostic {
  const types = (typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])) as readonly string[]
  const cast = schema['x-cast']
  const wanted = types.filter(type => type !== 'null' && !(cast !== undefined && type === 'string'))
  const kinds = schema['x-expects']?.startsWith('a ')
    ? schema['x-expects']
    : joinOr(wanted.map(type => words[type] ?? type))
  const message = `${where} must be ${kinds}`
  return problem('bad-value', message, {at: value.at, hint: typeHint(value, wanted, schema['x-expects'])})
}

function typeHint(value: Tree, wanted: readonly string[], expected: string | undefined): string | undefined {
  if (value.kind !== 'scalar' || !wanted.includes('string')) return undefined
  if (value.value === null) return 'there is nothing after the colon'
  if (expected?.startsWith('a duration') && typeof value.value === 'number')
    return `a number needs its unit: ${value.value}s`
  return `put it in quotes: "${value.at.file.text.slice(value.at.start, value.at.end)}"`
}

function joinOr(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`
}
