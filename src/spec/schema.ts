import document from '../../schemas/compose.json' with {type: 'json'}

/** The parts of JSON schema that schemas/compose.json uses. */
export type Schema = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly propertyNames?: Schema
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly 'x-cast'?: Cast
  readonly 'x-expects'?: string
}
export type Cast = 'boolean' | 'integer' | 'number'

export const composeSchema = document as Schema & {readonly $defs: Readonly<Record<string, Schema>>}

/** The schema itself where it is a reference to another one. */
export function resolve(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : composeSchema.$defs[schema.$ref.replace('#/$defs/', '')]!
}

/** Every place of the language with its schema: `services.*.ports.*.target`. */
export function* places(
  schema: Schema = composeSchema,
  pattern = '',
): Generator<readonly [pattern: string, schema: Schema]> {
  const at = resolve(schema)
  if (pattern !== '') yield [pattern, at]
  const below = (key: string) => (pattern === '' ? key : `${pattern}.${key}`)
  for (const [key, each] of Object.entries(at.properties ?? {})) yield* places(each, below(key))
  if (typeof at.additionalProperties === 'object') yield* places(at.additionalProperties, below('*'))
  if (at.items !== undefined) yield* places(at.items, below('*'))
}

/** The schema of the value at a path; undefined where the language has nothing. */
export function schemaAt(path: readonly (string | number)[]): Schema | undefined {
  let at: Schema | undefined = composeSchema
  for (const part of path) at = at === undefined ? undefined : below(resolve(at), part)
  return at === undefined ? undefined : resolve(at)
}

function below(schema: Schema, part: string | number): Schema | undefined {
  if (typeof part === 'number') return schema.items
  const own = schema.properties
  if (own !== undefined && Object.hasOwn(own, part)) return own[part]
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}
