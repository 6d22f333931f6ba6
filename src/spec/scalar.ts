import type {Scalar} from './tree.ts'

/**
 * What an unquoted scalar means: YAML 1.2's core schema, but a leading zero is octal (`mode: 0440`), as in the
 * reference. A number that JavaScript cannot hold exactly stays the text that was written.
 */
export function resolvePlain(source: string): Scalar {
  if (/^(?:|~|null|Null|NULL)$/.test(source)) return null
  if (/^(?:true|True|TRUE)$/.test(source)) return true
  if (/^(?:false|False|FALSE)$/.test(source)) return false
  if (!/^[-+.\d]/.test(source)) return source
  return resolveNumber(source) ?? source
}

function resolveNumber(source: string): number | undefined {
  if (/^[-+]?0[0-7]+$/.test(source)) return safe(Number.parseInt(source, 8))
  if (/^0o[0-7]+$/.test(source)) return safe(Number.parseInt(source.slice(2), 8))
  if (/^0x[\dA-Fa-f]+$/.test(source)) return safe(Number.parseInt(source.slice(2), 16))
  if (/^[-+]?\d+$/.test(source)) return safe(Number(source))
  if (!/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(source)) return undefined
  const value = Number(source)
  return Number.isFinite(value) ? value : undefined
}

const safe = (value: number): number | undefined => (Number.isSafeInteger(value) ? value + 0 : undefined)
