import type {Canonical} from './canonical-form.ts'
import {encode, type Format} from './encode.ts'
import {usedBy} from './project/project.ts'
import type {Plain} from './tree.ts'
import {printYaml} from './yaml.ts'

export type Printing = {
  readonly format: Format
  /** Also networks, volumes, configs and secrets that no service uses. */
  readonly unused: boolean
  /** `$` as `$$`, so that the output means the same when it is read; false: variables stand in it as written. */
  readonly escapes: boolean
}

/** What `stack config` prints: the model in its long form, in the reference's order. */
export function printCanonical(model: Canonical, {format, unused, escapes}: Printing): string {
  const encoded = encode(listed(unused ? model : withoutUnused(model)), format)
  const whole = escapes ? escapeDollars(encoded) : encoded
  return format === 'yaml' ? printYaml(whole) : `${JSON.stringify(whole, null, 2)}\n`
}

const kinds = ['networks', 'volumes', 'secrets', 'configs', 'models'] as const

/** Nothing that only tells how the files were read; resources that are only named are there. */
function listed(model: Canonical): Plain {
  const {version: _, include: __, ...shown} = model as Canonical & {version?: unknown; include?: unknown}
  const resources = kinds.flatMap(kind => (model[kind] == null ? [] : [[kind, filled(model[kind])] as const]))
  return {...shown, ...Object.fromEntries(resources)} as unknown as Plain
}

const filled = (resources: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(resources).map(([key, resource]) => [key, resource ?? {}]))

function withoutUnused(model: Canonical): Canonical {
  const used = usedBy(Object.values(model.services))
  const kept = kinds.map(kind => [
    kind,
    Object.fromEntries(Object.entries(model[kind] ?? {}).filter(([key]) => used[kind].has(key))),
  ])
  return {...model, ...Object.fromEntries(kept)}
}

function escapeDollars(value: Plain): Plain {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$')
  if (Array.isArray(value)) return value.map(escapeDollars)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, escapeDollars(each as Plain)]))
}
