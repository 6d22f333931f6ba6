// Compiles schemas/compose.json into a module of plain functions: no compiler at run time, and a fast start.
import {readFileSync, writeFileSync} from 'node:fs'
import {Ajv2020} from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'

const schema = JSON.parse(readFileSync(new URL('../schemas/compose.json', import.meta.url), 'utf8'))
const ajv = new Ajv2020({
  allErrors: true,
  allowUnionTypes: true,
  strictTypes: false,
  ownProperties: true,
  messages: false,
  code: {source: true, esm: true, optimize: 2},
})
ajv.addVocabulary(['x-cast', 'x-expects'])

export const compiled = `// Made from schemas/compose.json by scripts/build-schema.mjs: do not edit.\n${standalone.default(ajv, ajv.compile(withoutTexts(schema)))}\n`

// Every error would carry them otherwise; explain.ts reads them in the schema itself.
function withoutTexts(value) {
  if (Array.isArray(value)) return value.map(withoutTexts)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => !((key === 'description' || key === 'title') && typeof each === 'string'))
      .map(([key, each]) => [key, withoutTexts(each)]),
  )
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(new URL('../src/spec/validate.generated.mjs', import.meta.url), compiled)
}
