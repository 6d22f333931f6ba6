/** Where steps of other builds are taken from. */
export type CacheSource =
  | {readonly kind: 'directory'; readonly path: string}
  | {readonly kind: 'registry'; readonly reference: string}

/** Steps of all stages (`max`), or of the one that the image is made of. */
export type CacheMode = 'min' | 'max'

/** Where a build's own steps are kept; `inline` is in the image itself. */
export type CacheTarget =
  | (CacheSource & {readonly mode: CacheMode; readonly ignoreError: boolean})
  | {readonly kind: 'inline'}

/** `isForeign`: it is sound, and means something that is not there. */
export type CacheProblem = {readonly problem: string; readonly hint?: string; readonly isForeign?: boolean}

const hints = {
  from: 'write type=registry,ref=HOST/NAME:TAG or type=local,src=DIRECTORY',
  to: 'write type=registry,ref=HOST/NAME:TAG, type=inline or type=local,dest=DIRECTORY',
}

/** `type=registry,ref=NAME`, `type=local,src=DIRECTORY`, or a name alone. */
export function cacheSource(text: string): CacheSource | CacheProblem {
  const fields = fieldsOf(text)
  return placeOf(fields, 'src') ?? missing(fields, hints.from)
}

/** `type=inline`, `type=registry,ref=NAME` or `type=local,dest=DIRECTORY`, with `mode` and `ignore-error`. */
export function cacheTarget(text: string): CacheTarget | CacheProblem {
  const fields = fieldsOf(text)
  if (fields.get('type') === 'inline') return {kind: 'inline'}
  const place = placeOf(fields, 'dest')
  if (place === undefined) return missing(fields, hints.to)
  const [mode = 'min', ignored = 'false'] = [fields.get('mode'), fields.get('ignore-error')]
  if (mode !== 'min' && mode !== 'max') return {problem: `mode "${mode}" is neither min nor max`}
  if (!['true', 'false', '1', '0'].includes(ignored)) return {problem: 'ignore-error is true or false'}
  return {...place, mode, ignoreError: ignored === 'true' || ignored === '1'}
}

/** The directory of `type=local`; undefined for caches of another kind. */
export function cacheDirectory(text: string): string | undefined {
  const fields = fieldsOf(text)
  return fields.get('type') === 'local' ? (fields.get('src') ?? fields.get('dest')) || undefined : undefined
}

/** The same with another directory. */
export const withDirectory = (text: string, directory: string): string =>
  text.replace(/(^|,)(src|dest)=[^,]*/, (_, comma: string, name: string) => `${comma}${name}=${directory}`)

/** As a message names it. */
export const cacheName = (place: CacheSource): string => (place.kind === 'directory' ? place.path : place.reference)

type Fields = ReadonlyMap<string, string>

/** A text without any `=` is a name. */
function fieldsOf(text: string): Fields {
  if (!text.includes('=')) return new Map(Object.entries({type: 'registry', ref: text.trim()}))
  return new Map(
    text.split(',').map(each => {
      const [name = '', value = ''] = each.split(/=(.*)/s)
      return [name.trim(), value.trim()]
    }),
  )
}

function placeOf(fields: Fields, directory: 'src' | 'dest'): CacheSource | undefined {
  const type = fields.get('type')
  const path = fields.get(directory) || fields.get('src') || fields.get('dest')
  if (type === 'local' && path) return {kind: 'directory', path}
  const reference = fields.get('ref')
  return type === 'registry' && reference ? {kind: 'registry', reference} : undefined
}

function missing(fields: Fields, hint: string): CacheProblem {
  const type = fields.get('type') ?? ''
  if (type === 'registry') return {problem: 'type=registry needs ref=NAME', hint}
  if (type === 'local') return {problem: 'type=local needs a directory', hint}
  return {problem: `there is no cache of type "${type}" here`, hint, isForeign: true}
}
