/** What ajv says of one place that does not fit the schema. */
export type SchemaError = {
  readonly instancePath: string
  readonly schemaPath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly propertyName?: string
  readonly message?: string
}

declare const validate: ((value: unknown) => boolean) & {errors?: readonly SchemaError[] | null}
export default validate
