import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {treeOf} from '../../../src/spec/forms/collections.ts'
import {merge} from '../../../src/spec/merge.ts'
import {substitute} from '../../../src/spec/template.ts'
import {type MapTree, toPlain} from '../../../src/spec/tree.ts'
import {loadText} from './loading.ts'

const at = {file: {path: 'x', text: ''}, start: 0, end: 0}
const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,5}$/)

describe('substitute', () => {
  test('text without a dollar is itself, and doubled dollars are single ones', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const escaped = text.replaceAll('$', '$$$$')
        expect(substitute(escaped, () => undefined)).toEqual({value: text, unset: []})
      }),
    )
  })

  test('a value is put in as it is, whatever is in it', () => {
    fc.assert(
      fc.property(name, fc.string(), fc.string(), (variable, value, rest) => {
        const tail = rest.replaceAll('$', '$$$$')
        expect(substitute(`\${${variable}}${tail}`, () => value).value).toBe(value + rest)
      }),
    )
  })

  test('any text ends in a value or in an error', () => {
    const text = fc
      .array(fc.constantFrom('$', '{', '}', ':-', ':?', '+', 'A', ' ', '-', '?', 'b$'))
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(text, each => {
        const result = substitute(each, key => (key === 'A' ? 'a' : undefined))
        expect(typeof result.value).toBe('string')
      }),
    )
  })
})

describe('merge', () => {
  const service = fc.record(
    {
      image: fc.constantFrom('a', 'b'),
      environment: fc.dictionary(name, fc.constantFrom('1', '2', null)),
      dns: fc.array(fc.constantFrom('1.1.1.1', '8.8.8.8'), {maxLength: 4}),
      command: fc.array(fc.constantFrom('x', 'y')),
      volumes: fc.array(fc.record({type: fc.constant('volume'), target: fc.constantFrom('/a', '/b')}), {maxLength: 4}),
    },
    {requiredKeys: []},
  )
  const model = fc
    .dictionary(fc.constantFrom('web', 'db'), service)
    .map(services => treeOf({services}, {at}) as MapTree)
  const plain = (tree: MapTree) => JSON.parse(JSON.stringify(toPlain(tree)))

  test('over itself changes nothing', () => {
    fc.assert(
      fc.property(model, tree => {
        const settled = merge(undefined, tree)
        expect(plain(merge(settled, settled))).toEqual(plain(settled))
      }),
    )
  })

  test('it does not matter which two of three are merged first', () => {
    fc.assert(
      fc.property(model, model, model, (a, b, c) => {
        const left = merge(merge(merge(undefined, a), b), c)
        const right = merge(merge(undefined, a), merge(merge(undefined, b), c))
        expect(plain(left)).toEqual(plain(right))
      }),
    )
  })

  test('what only one side says stays, and no target is mounted twice', () => {
    fc.assert(
      fc.property(model, model, (a, b) => {
        const services = plain(merge(merge(undefined, a), b)).services as Record<string, {volumes?: {target: string}[]}>
        expect(Object.keys(services).sort()).toEqual(
          [...new Set([...Object.keys(plain(a).services), ...Object.keys(plain(b).services)])].sort(),
        )
        for (const {volumes = []} of Object.values(services)) {
          expect(new Set(volumes.map(each => each.target)).size).toBe(volumes.length)
        }
      }),
    )
  })
})

const sample = `name: x
x-a: &a {A: "1", B: \${C:-d}}
services:
  web: &w
    image: nginx
    ports: ["80:80", {target: 81}]
    environment: *a
    volumes: [./x:/y, v:/z:ro]
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {test: curl, interval: 5s}
    extends: {service: db}
  db: {<<: *w, image: !override z, extends: !reset null, depends_on: !reset []}
include: []
volumes: {v: }
---
services: {db: {labels: [a=b]}}
`

test('whatever is done to a file, loading it ends in a project or in errors with places', {timeout: 30_000}, () => {
  const edit = fc.record({
    position: fc.nat(sample.length),
    remove: fc.nat(12),
    insert: fc.constantFrom(
      '',
      ':',
      ' ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '*w',
      '&w ',
      '<<: *a',
      '!reset ',
      '${',
      '$',
      '"',
      "'",
      '\t',
      '0',
      'null',
      '\u0000',
      '__proto__: 1',
      '? ',
      '|',
      '#',
      '---\n',
      'constructor',
    ),
  })
  fc.assert(
    fc.property(fc.array(edit, {minLength: 1, maxLength: 6}), edits => {
      const text = edits.reduce(
        (all, {position, remove, insert}) => all.slice(0, position) + insert + all.slice(position + remove),
        sample,
      )
      const {problems, project} = loadText(text)
      const errors = problems.filter(each => each.severity === 'error')
      expect(project === undefined).toBe(errors.length > 0)
      for (const {at: place, code} of errors) {
        if (code === 'project-name' && place === undefined) continue
        expect(place, code).toBeDefined()
        expect(place!.start).toBeGreaterThanOrEqual(0)
        expect(place!.end).toBeLessThanOrEqual(text.length)
        expect(place!.start).toBeLessThanOrEqual(place!.end)
      }
    }),
    {numRuns: 400},
  )
})

test('aliases of aliases do not take the machine down', () => {
  const levels = Array.from(
    {length: 12},
    (_, level) => `  l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(9)}*l${level}]`,
  )
  const {problems} = loadText(`x-bomb:\n  l0: &l0 [a]\n${levels.join('\n')}\nservices: {web: {image: x}}\n`)
  expect(problems.map(each => each.code)).toContain('alias-limit')
})

test('a file of a thousand services that wait for each other', () => {
  const services = Array.from({length: 1000}, (_, index) => {
    const waits = index === 0 ? '' : `, depends_on: {s${index - 1}: {condition: service_started}}`
    return `  s${index}: {image: "app:\${TAG:-1}", ports: ["${10_000 + index}:80"]${waits}}\n`
  })
  const {project, problems} = loadText(`name: many\nservices:\n${services.join('')}`)
  expect(problems).toEqual([])
  expect(Object.keys(project!.services)).toHaveLength(1000)
})
