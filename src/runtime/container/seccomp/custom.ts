import {StackError} from '../../../base/error.ts'
import {type CapabilityMask, hasCapability} from '../capabilities.ts'
import {answer, answerErrno, answerNamed, type Instruction} from './bpf.ts'
import {type Comparison, comparisons, isOperator} from './comparison.ts'
import type {Architecture} from './numbers.ts'

/** What a profile is read for. */
export type Circumstances = {
  readonly architecture: Architecture
  readonly capabilities: CapabilityMask
  /** As uname(2) has it: `6.1.0-13`. */
  readonly kernel: string
}

/** A profile in Docker's form, checked. */
export type CustomProfile = {readonly defaultAction: Instruction; readonly rules: readonly Rule[]}

type Rule = {
  readonly names: readonly string[]
  readonly action: Instruction
  /** All of them hold; an argument that is named twice makes alternatives of them, as libseccomp's users have it. */
  readonly comparisons: readonly Comparison[]
  readonly includes: Conditions
  readonly excludes: Conditions
}
type Conditions = {
  readonly arches: readonly string[]
  readonly caps: readonly string[]
  readonly minKernel: string | undefined
}

/** Reads the JSON that `docker run --security-opt seccomp=` takes; what cannot be honoured is refused. */
export function parseProfile(text: string): CustomProfile {
  const profile = object(json(text), 'the profile')
  const fallback = optional(profile.defaultErrnoRet, value => number(value, 'defaultErrnoRet'))
  return {
    defaultAction: action(profile.defaultAction, fallback, 'defaultAction'),
    rules: list(profile.syscalls, 'syscalls').map((each, index) => rule(each, `syscalls[${index}]`)),
  }
}

/**
 * What becomes of one system call: a rule without comparisons comes before all others, as in libseccomp; those with
 * some are tried in order, then the default.
 */
export function customLeaf(
  {defaultAction, rules}: CustomProfile,
  name: string,
  circumstances: Circumstances,
): readonly Instruction[] {
  const applying = rules.filter(each => each.names.includes(name) && applies(each, circumstances))
  const whole = applying.find(each => each.comparisons.length === 0)
  if (whole !== undefined) return [whole.action]
  return [...applying.flatMap(each => conditional(each)), defaultAction]
}

function conditional({comparisons: all, action: then}: Rule): Instruction[] {
  const isAlternative = new Set(all.map(({argument}) => argument)).size < all.length
  const groups = isAlternative ? all.map(each => [each]) : [all]
  return groups.flatMap(group => comparisons(group, then))
}

function applies({includes, excludes}: Rule, circumstances: Circumstances): boolean {
  const {capabilities, architecture, kernel} = circumstances
  const own = architecture === 'x64' ? 'amd64' : 'arm64'
  const has = (name: string) => hasCapability(capabilities, name)
  if (includes.arches.length > 0 && !includes.arches.includes(own)) return false
  if (!includes.caps.every(has)) return false
  if (includes.minKernel !== undefined && !isAtLeast(kernel, includes.minKernel)) return false
  if (excludes.arches.includes(own) || excludes.caps.some(has)) return false
  return excludes.minKernel === undefined || !isAtLeast(kernel, excludes.minKernel)
}

function isAtLeast(kernel: string, least: string): boolean {
  const [own = [], other = []] = [kernel, least].map(each => each.split(/[.-]/).slice(0, 2).map(Number))
  return own[0] !== other[0] ? own[0]! > other[0]! : own[1]! >= (other[1] ?? 0)
}

function rule(value: unknown, where: string): Rule {
  const entry = object(value, where)
  const names = entry.names === undefined ? [entry.name] : list(entry.names, `${where}.names`)
  return {
    names: names.map(each => word(each, `${where}.names`)),
    action: action(
      entry.action,
      optional(entry.errnoRet, each => number(each, `${where}.errnoRet`)),
      `${where}.action`,
    ),
    comparisons: list(entry.args, `${where}.args`).map((each, index) => comparison(each, `${where}.args[${index}]`)),
    includes: conditions(entry.includes, `${where}.includes`),
    excludes: conditions(entry.excludes, `${where}.excludes`),
  }
}

function conditions(value: unknown, where: string): Conditions {
  const entry = value == null ? {} : object(value, where)
  const words = (key: string) => list(entry[key], `${where}.${key}`).map(each => word(each, `${where}.${key}`))
  const minKernel = optional(entry.minKernel, each => word(each, `${where}.minKernel`))
  if (minKernel !== undefined && !/^\d+(\.\d+)?$/.test(minKernel)) throw refused(`${where}.minKernel is no version`)
  const caps = words('caps')
  // Fails for a name that does not exist, here and not when the container starts.
  for (const each of caps) hasCapability(0n, each)
  return {arches: words('arches'), caps, minKernel}
}

function comparison(value: unknown, where: string): Comparison {
  const entry = object(value, where)
  const argument = number(entry.index, `${where}.index`)
  const operator = word(entry.op, `${where}.op`)
  if (argument > 5) throw refused(`${where}.index is more than 5`)
  if (!isOperator(operator)) throw refused(`${where}.op "${operator}" is not known`)
  const wide = (key: string) => optional(entry[key], each => wideNumber(each, `${where}.${key}`)) ?? 0n
  return {argument, operator, value: wide('value'), second: wide('valueTwo')}
}

function action(value: unknown, errno: number | undefined, where: string): Instruction {
  const name = word(value, where)
  if (name === 'SCMP_ACT_ERRNO') return answerErrno(errno ?? 1)
  const known = answerNamed(name)
  if (known === undefined) throw refused(`${where} "${name}" is not supported`)
  return answer(name === 'SCMP_ACT_TRACE' ? known | ((errno ?? 1) & 0xffff) : known)
}

/** Numbers of 64 bits become words, since JSON.parse would round them. */
function json(text: string): unknown {
  try {
    return JSON.parse(text.replace(/(:\s*)(\d{16,})(?=\s*[,}])/g, '$1"$2"'))
  } catch (cause) {
    throw new StackError('bad-request', 'the seccomp profile is not JSON', {cause})
  }
}

type Entry = {readonly [key: string]: unknown}

function object(value: unknown, where: string): Entry {
  if (isEntry(value)) return value
  throw refused(`${where} is not an object`)
}
const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !Array.isArray(value)

function list(value: unknown, where: string): readonly unknown[] {
  if (value == null) return []
  if (Array.isArray(value)) return value
  throw refused(`${where} is not a list`)
}

function word(value: unknown, where: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw refused(`${where} is not a word`)
}

function number(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw refused(`${where} is not a number`)
}

function wideNumber(value: unknown, where: string): bigint {
  const wide = typeof value === 'string' && /^\d+$/.test(value) ? BigInt(value) : BigInt(number(value, where))
  if (wide < 1n << 64n) return wide
  throw refused(`${where} has more than 64 bits`)
}

const optional = <Value>(value: unknown, read: (value: unknown) => Value): Value | undefined =>
  value == null ? undefined : read(value)

const refused = (text: string): StackError => new StackError('bad-request', `seccomp profile: ${text}`)
