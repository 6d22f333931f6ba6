import {readFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseBytes} from '../../../src/base/bytes.ts'
import type {Canonical} from '../../../src/spec/canonical-form.ts'
import {canonicalise} from '../../../src/spec/canonicalise.ts'
import {withBuildContexts} from '../../../src/spec/contexts.ts'
import {parseDotenv} from '../../../src/spec/dotenv.ts'
import {resolveEnvironment} from '../../../src/spec/environment.ts'
import {parseHost} from '../../../src/spec/forms/hosts.ts'
import {parsePort} from '../../../src/spec/forms/ports.ts'
import {parseVolume} from '../../../src/spec/forms/volumes.ts'
import {normalise} from '../../../src/spec/normalise.ts'
import {substitute} from '../../../src/spec/template.ts'
import {toPlain} from '../../../src/spec/tree.ts'
import {parseYaml} from '../../../src/spec/yaml.ts'
import {fixtures, vectors, withoutFixtures} from './fixtures.ts'
import {framed, loadText} from './loading.ts'

/** Where the tables are absent there is nothing in a group, which vitest takes for an error. */
const describePublic = describe.runIf(withoutFixtures === undefined)

type Template = {
  id: string
  template: string
  env: Record<string, string>
  want?: string
  error?: string
  warnings?: number
}

test('the tables are there, or it is said why not', () => {
  if (withoutFixtures !== undefined) console.warn(withoutFixtures)
  expect(vectors('bytes-cases.json').length > 0).toBe(withoutFixtures === undefined)
})

describePublic('templates', () => {
  for (const {id, template, env, want, error, warnings} of [
    ...vectors<Template>('template-cases.json'),
    ...vectors<Template>('interpolation-cases.json'),
  ]) {
    test(`${id} ${template}`, () => {
      const result = substitute(template, name => env[name])
      if (error === 'Invalid template') expect(result.error?.kind).toBe('invalid')
      else if (error !== undefined) expect(result.error?.message).toBe(error)
      else expect(result).toMatchObject({value: want})
      if (warnings !== undefined) expect(result.unset).toHaveLength(warnings)
    })
  }
})

describePublic('sizes', () => {
  for (const {input, want, error} of vectors<{input: string | number; want?: number; error?: boolean}>(
    'bytes-cases.json',
  )) {
    test(`${input}`, () => expect(parseBytes(input)).toBe(error === true ? undefined : want))
  }
})

describePublic('environment files', () => {
  type Case = {id: string; file?: string; input?: string; key?: string; preset?: Record<string, string>; want: unknown}
  // The environment that the reference sets before it reads these two; a name of its own ends up under "" there.
  const preset: Record<string, Record<string, string>> = {
    TestSubstitutionsWithEnvFilePrecedence: {OPTION_A: '5'},
    TestSubstitutionsWithEnvFileDefaultValuePrecedence: {OPTION_A: '5'},
  }
  for (const {id, file, input, key, want} of vectors<Case>('dotenv-cases.json')) {
    // The file of this one is not among the fixtures; the others of its kind differ in the program, not in the syntax.
    if (file === 'dotenv/fixtures/custom.format') continue
    const overrides = id === 'TestLoadDoesNotOverride'
    test(`${id} ${input ?? file}`, () => {
      const text = input ?? readFileSync(resolve(fixtures, 'vectors', file!), 'utf8')
      const given = preset[id] ?? {}
      const {variables, problems} = parseDotenv({path: '.env', text}, name => given[name])
      expect(problems.filter(each => each.severity === 'error')).toEqual([])
      if (key !== undefined) expect(variables.get(key)).toBe(want)
      else if (overrides) expect(variables.get('OPTION_A')).toBe('1')
      else if (preset[id] !== undefined)
        expect(Object.fromEntries([...variables].slice(1))).toMatchObject(without(want, 'OPTION_A'))
      else expect(Object.fromEntries(variables)).toMatchObject(want as object)
    })
  }
})

function without(want: unknown, key: string): Record<string, unknown> {
  const {[key]: _, ...rest} = want as Record<string, unknown>
  return rest
}

describePublic('ports', () => {
  for (const {spec, want, error} of vectors<{spec: string; want?: unknown; error?: string}>('port-short-cases.json')) {
    test(spec, () => {
      if (error === undefined) expect(parsePort(spec)).toEqual(want)
      else expect(typeof parsePort(spec)).toBe('string')
    })
  }
})

describePublic('mounts', () => {
  type Case = {spec: string; want?: Record<string, unknown>; error?: string; ok?: boolean}
  for (const {spec, want, error} of vectors<Case>('volume-short-cases.json')) {
    test(spec, () => {
      const parsed = parseVolume(spec)
      if (error !== undefined) expect(typeof parsed).toBe('string')
      else if (want !== undefined)
        expect(parsed).toMatchObject(want.read_only === false ? {...want, read_only: false} : want)
      else expect(parsed).toBeDefined()
    })
  }
})

describePublic('hosts', () => {
  for (const {id, input, want, error} of vectors<{id: string; input: string[]; want?: string[]; error?: string}>(
    'extra-hosts-cases.json',
  )) {
    test(`${id} ${input}`, () => {
      const parsed = input.map(parseHost)
      if (error !== undefined) expect(parsed[0]).toContain(error)
      else
        expect(
          parsed
            .flatMap(each => (typeof each === 'string' ? [each] : each.map(({host, address}) => `${host}:${address}`)))
            .sort(),
        ).toEqual(want)
    })
  }
})

describePublic('lists without repetition', () => {
  for (const {id, input, want} of vectors<{id: string; input: string; want: string}>('unicity-cases.json')) {
    test(id, () => {
      const keys = ['environment', 'ports', 'volumes'] as const
      // Both are brought into canonical form; the reference's answer has nothing left to remove.
      const shown = (text: string) => {
        const loaded = loadText(`${text}\nvolumes: {foo: {}, src: {}}`)
        expect(framed(loaded)).toBe('')
        return keys.map(key => loaded.canonical?.services.test?.[key])
      }
      expect(shown(input)).toEqual(shown(want))
    })
  }
})

/** Canonical form as plain data, without what comes before and after. */
function canonicalOf(text: string, env: Record<string, string>): Canonical {
  const problems: unknown[] = []
  const [document] = parseYaml({path: 'case', text}, each => problems.push(each))
  const tree = resolveEnvironment(
    withBuildContexts(canonicalise(document!, {report: each => problems.push(each), mayStay: () => false}), '.'),
    env,
  )
  expect(problems).toEqual([])
  return {services: {}, ...(toPlain(tree) as object)}
}

describePublic('normalising', () => {
  // What the reference's test sets beside each case's own variables.
  const common = {BAR: 'bar'}
  for (const {id, input, want, env} of vectors<{id: string; input: string; want: string; env: Record<string, string>}>(
    'normalize-cases.json',
  )) {
    test(id, () => {
      const normal = normalise(canonicalOf(input, {...common, ...env}), 'myProject')
      expect(JSON.parse(JSON.stringify(normal))).toEqual(JSON.parse(JSON.stringify(canonicalOf(want, {}))))
    })
  }
})
