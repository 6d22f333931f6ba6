import {StackError} from '../../../base/error.ts'
import type {Descriptor} from '../../../model/oci.ts'

/** Reading of JSON that a stranger wrote: what is missing is undefined, what is of another kind is refused. */
export type Json = {readonly [name: string]: unknown}

export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw new StackError('image-failed', `${what} is not JSON`, {cause})
  }
}

export function object(value: unknown, what: string): Json {
  if (isObject(value)) return value
  throw wrong(what, 'an object')
}

export function list(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  throw wrong(what, 'a list')
}

export function text(value: unknown, what: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string' && !value.includes('\0')) return value
  throw wrong(what, 'text')
}

export function number(value: unknown, what: string): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw wrong(what, 'a number')
}

export const texts = (value: unknown, what: string): string[] => list(value, what).map(each => text(each, what))

/** The names of an object whose values mean nothing: `{"80/tcp": {}}`. */
export const names = (value: unknown, what: string): string[] =>
  value === undefined || value === null ? [] : Object.keys(object(value, what))

export function descriptor(value: unknown, what: string): Descriptor {
  const found = object(value, what)
  const digest = text(found.digest, `${what}.digest`)
  const size = number(found.size, `${what}.size`)
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw wrong(`${what}.digest`, 'a sha256 digest')
  if (!Number.isSafeInteger(size) || size < 0) throw wrong(`${what}.size`, 'a size')
  const annotations = isObject(found.annotations)
    ? Object.fromEntries(Object.entries(found.annotations).map(([key, each]) => [key, text(each, what)]))
    : undefined
  return {
    mediaType: text(found.mediaType, `${what}.mediaType`),
    digest,
    size,
    ...(annotations === undefined ? {} : {annotations}),
    ...(isObject(found.platform) ? {platform: platform(found.platform, `${what}.platform`)} : {}),
  }
}

function platform(found: Json, what: string) {
  const variant = text(found.variant, what)
  return {
    os: text(found.os, what),
    architecture: text(found.architecture, what),
    ...(variant === '' ? {} : {variant}),
  }
}

export const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

const wrong = (what: string, expected: string) => new StackError('image-failed', `${what} is not ${expected}`)
