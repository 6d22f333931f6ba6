import {parseBytes} from '../../base/bytes.ts'
import {formatDuration, parseDuration} from '../../base/duration.ts'
import {type Scalar, scalar} from '../tree.ts'
import {type Form, refuse} from './form.ts'

export const duration: Form = (tree, context) => {
  if (tree.kind !== 'scalar') return tree
  const parsed = parseDuration(String(tree.value))
  if (parsed === undefined) return refuse(tree, `"${tree.value}" is not a duration such as 1m30s`, context)
  return scalar(formatDuration(parsed), tree.at)
}

/** A whole number of microseconds, or a duration. */
export const microseconds: Form = (tree, context) => {
  if (tree.kind !== 'scalar' || tree.value === null) return tree
  const written = String(tree.value)
  const parsed = /^-?\d+$/.test(written) ? Number(written) : (parseDuration(written) ?? Number.NaN) * 1000
  if (!Number.isSafeInteger(parsed)) {
    return refuse(tree, `"${written}" is no whole number of microseconds and no duration such as 50ms`, context)
  }
  return scalar(parsed, tree.at)
}

/** Bytes as text, as the reference writes them. */
export const bytes: Form = (tree, context) => {
  if (tree.kind !== 'scalar') return tree
  const parsed = parseBytes(tree.value as string | number)
  if (parsed === undefined) return refuse(tree, `"${tree.value}" is not a size such as 512m`, context)
  return scalar(String(parsed), tree.at)
}

/** Permissions: a number was octal in the file already, text is octal. Written as `"0440"`. */
export const fileMode: Form = (tree, context) => {
  if (tree.kind !== 'scalar') return tree
  const mode = typeof tree.value === 'number' ? tree.value : octal(String(tree.value))
  if (mode === undefined || mode < 0 || mode > 0o7777) {
    return refuse(tree, `"${tree.value}" is not a file mode such as 0440`, context)
  }
  return scalar(`0${mode.toString(8)}`, tree.at)
}

/** Permissions as the number that they are. */
export const octalNumber: Form = (tree, context) => {
  const mode = fileMode(tree, context)
  return mode?.kind === 'scalar' ? {...mode, value: Number.parseInt(String(mode.value), 8)} : mode
}

const octal = (text: string): number | undefined =>
  /^(?:0o?)?[0-7]+$/.test(text) ? Number.parseInt(text.replace('0o', ''), 8) : undefined

/** CPUs of `deploy`, which may be text. */
export const cpus: Form = (tree, context) => {
  if (tree.kind !== 'scalar' || typeof tree.value === 'number') return tree
  const parsed = /^\d*\.?\d+$/.test(String(tree.value)) ? Number(tree.value) : undefined
  if (parsed === undefined) return refuse(tree, `"${tree.value}" is not a number of CPUs such as 0.5`, context)
  return scalar(parsed, tree.at)
}

export const text: Form = tree =>
  tree.kind === 'scalar' && tree.value !== null ? {...tree, value: textOfScalar(tree.value)} : tree

/** A driver's option: text, empty where it only has a name. */
export const option: Form = tree => (tree.kind === 'scalar' ? {...tree, value: textOfScalar(tree.value)} : tree)

/** A target path without `.`, `..`, doubled and trailing slashes. */
export const cleanPath: Form = tree => {
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string' || !tree.value.startsWith('/')) return tree
  return {...tree, value: cleaned(tree.value)}
}

export function cleaned(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

export const textOfScalar = (value: Scalar): string => (value === null ? '' : String(value))
