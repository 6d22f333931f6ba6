import {compileRules, type Rules, ruleFor} from './pattern.ts'
import {composeSchema, resolve, type Schema} from './schema.ts'
import type {Plain} from './tree.ts'

export type Format = 'yaml' | 'json'
type Encoding = (value: Plain, format: Format) => Plain
type PlainMap = {readonly [key: string]: Plain}

const kept: Encoding = value => value
const unlessTrue: Encoding = value => (value === true ? null : value)
const unlessZero: Encoding = value => (value === '0s' ? null : value)
const asText: Encoding = value => (value === null ? null : String(value))
const sorted: Encoding = value => (Array.isArray(value) ? [...value].sort() : value)
/** `{id: path}` as `id=path`. */
const pairs: Encoding = value =>
  isMap(value)
    ? Object.entries(value)
        .map(([key, each]) => (each === null || each === '' ? key : `${key}=${each}`))
        .sort()
    : value
/** What the reference's JSON has always, be it empty. */
const alwaysInJson =
  (...keys: readonly string[]): Encoding =>
  (value, format) =>
    isMap(value) && format === 'json' ? {...Object.fromEntries(keys.map(key => [key, {}])), ...value} : value
const withDefaults =
  (defaults: PlainMap): Encoding =>
  value =>
    isMap(value) ? {...defaults, ...value} : value
const commandsInJson: Encoding = (value, format) =>
  isMap(value) && format === 'json' ? {command: null, entrypoint: null, ...value} : value

/** Where the output is not simply the attribute as it is, or nothing where it is empty. */
const encodings: Rules<Encoding> = compileRules([
  ['services', kept],
  ['services.*', commandsInJson],
  ['services.*.attach', kept],
  ['services.*.blkio_config.device_read_iops.*.rate', asText],
  ['services.*.blkio_config.device_write_iops.*.rate', asText],
  ['services.*.build.extra_hosts', sorted],
  ['services.*.build.ssh', pairs],
  ['services.*.command', kept],
  ['services.*.deploy', alwaysInJson('resources', 'placement')],
  ['services.*.deploy.replicas', kept],
  ['services.*.deploy.restart_policy.max_attempts', kept],
  ['services.*.deploy.rollback_config.delay', unlessZero],
  ['services.*.deploy.rollback_config.monitor', unlessZero],
  ['services.*.deploy.rollback_config.parallelism', kept],
  ['services.*.deploy.update_config.delay', unlessZero],
  ['services.*.deploy.update_config.monitor', unlessZero],
  ['services.*.deploy.update_config.parallelism', kept],
  ['services.*.depends_on.*', withDefaults({condition: 'service_started', required: true})],
  ['services.*.depends_on.*.required', kept],
  ['services.*.entrypoint', kept],
  ['services.*.env_file.*.required', unlessTrue],
  ['services.*.extra_hosts', sorted],
  ['services.*.healthcheck.retries', kept],
  ['services.*.init', kept],
  ['services.*.mem_swappiness', asText],
  ['services.*.post_start.*.command', kept],
  ['services.*.pre_start.*.command', kept],
  ['services.*.pre_stop.*.command', kept],
  ['services.*.scale', kept],
  ['services.*.volumes.*.bind.create_host_path', unlessTrue],
  ['networks.*', alwaysInJson('ipam')],
  ['networks.*.enable_ipv4', kept],
  ['networks.*.enable_ipv6', kept],
] as const)

/** The canonical model as it is printed: attributes in the schema's order, names sorted, nothing that is empty. */
export const encode = (model: Plain, format: Format): Plain =>
  visit(model, {schema: composeSchema, rules: encodings, format})

type Visit = {
  readonly schema: Schema | undefined
  readonly rules: Rules<Encoding> | undefined
  readonly format: Format
}

function visit(written: Plain, {schema, rules, format}: Visit): Plain {
  const at = schema === undefined ? undefined : resolve(schema)
  const value = rules?.value === undefined ? written : rules.value(written, format)
  if (Array.isArray(value)) {
    return value.map((item: Plain, index) => visit(item, {schema: at?.items, rules: ruleFor(rules, index), format}))
  }
  if (!isMap(value)) return value
  const own = at?.properties ?? {}
  const others = typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined
  const entries = inOrder(Object.keys(value), Object.keys(own)).flatMap(key => {
    const below = {schema: own[key] ?? others, rules: ruleFor(rules, key), format}
    const encoded = visit(value[key]!, below)
    return own[key] !== undefined && isLeftOut(encoded, below) ? [] : [[key, encoded] as const]
  })
  return Object.fromEntries(entries)
}

function isLeftOut(value: Plain, {schema, rules, format}: Visit): boolean {
  if (rules?.value === unlessTrue) return value === null
  if (rules?.value === kept) return value === null && format === 'yaml'
  if (isMap(value)) return Object.keys(value).length === 0 && resolve(schema!).properties === undefined
  return Array.isArray(value) ? value.length === 0 : value === null || value === false || value === 0 || value === ''
}

/** Attributes as the schema has them, names by the alphabet. */
function inOrder(keys: readonly string[], known: readonly string[]): readonly string[] {
  const rank = new Map(known.map((key, index) => [key, index]))
  const rankOf = (key: string) => rank.get(key) ?? known.length
  return [...keys].sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
}

const isMap = (value: Plain): value is PlainMap => value !== null && typeof value === 'object' && !Array.isArray(value)
