import type {Canonical} from './canonical-form.ts'
import {usedBy} from './project/project.ts'
import {composeSchema, resolve, type Schema} from './schema.ts'
import type {Plain} from './tree.ts'
import {printYaml} from './yaml.ts'

/** What `stack config` prints: the model in its long form, keys in the reference's order, `$` written as `$$`. */
export function printCanonical(model: Canonical, format: 'yaml' | 'json'): string {
  const whole = ordered(withoutUnused(model) as unknown as Plain, composeSchema)
  const escaped = escapeDollars(whole) as {readonly [key: string]: Plain}
  return format === 'yaml'
    ? printYaml(changeServices(escaped, withoutNulls))
    : `${JSON.stringify(changeServices(escaped, withNulls), null, 2)}\n`
}

function withoutUnused(model: Canonical): Canonical {
  const used = usedBy(Object.values(model.services))
  const {services, name, ...rest} = model
  const kept = Object.entries(rest).map(
    ([kind, resources]) => [kind, keep(resources, used[kind as keyof typeof used])] as const,
  )
  const filled = kept.filter(([kind, resources]) => !(kind in used) || Object.keys(resources as object).length > 0)
  const {version: _, include: __, ...shown} = Object.fromEntries(filled)
  return {...(name === undefined ? {} : {name}), services, ...shown}
}

function keep(resources: unknown, keys: ReadonlySet<string> | undefined): unknown {
  if (keys === undefined || resources === null || typeof resources !== 'object') return resources
  return Object.fromEntries(Object.entries(resources).filter(([key]) => keys.has(key)))
}

/** Attributes in the schema's order, names sorted. */
function ordered(value: Plain, schema: Schema | undefined): Plain {
  const at = schema === undefined ? undefined : resolve(schema)
  if (Array.isArray(value)) return value.map(item => ordered(item as Plain, at?.items))
  if (value === null || typeof value !== 'object') return value
  const known = Object.keys(at?.properties ?? {})
  const rank = (key: string) => (known.includes(key) ? known.indexOf(key) : known.length)
  const keys = Object.keys(value).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const more = typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined
  return Object.fromEntries(
    keys.map(key => [key, ordered((value as Record<string, Plain>)[key]!, at?.properties?.[key] ?? more)]),
  )
}

function escapeDollars(value: Plain): Plain {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$')
  if (Array.isArray(value)) return value.map(escapeDollars)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, escapeDollars(each as Plain)]))
}

type Attributes = {readonly [key: string]: Plain}

function changeServices(model: Attributes, change: (service: Attributes) => Attributes): Plain {
  const services = Object.entries((model.services ?? {}) as Record<string, Attributes>)
  return {...model, services: Object.fromEntries(services.map(([name, each]) => [name, change(each)]))}
}

/** The reference's JSON has command and entrypoint even where they are not said; its YAML does not. */
const withNulls = (service: Attributes): Attributes => ({command: null, entrypoint: null, ...service})
const withoutNulls = (service: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(service).filter(([key, value]) => value !== null || !['command', 'entrypoint'].includes(key)),
  )
