import {StackError} from '../../../base/error.ts'
import {shown} from './tar/entry.ts'

const mostBytes = 4095
const mostName = 255

/**
 * A path of an archive, relative to the layer's root ('' is that): a leading `/` means the root too, as builders that
 * write one mean it. Refused is what names a parent directory, or cannot be a name.
 */
export function cleanPath(path: string): string {
  const parts = path.split('/').filter(each => each !== '' && each !== '.')
  if (parts.includes('..')) throw refused(path, 'its path leads upwards by ".."')
  if (path.includes('\0')) throw refused(path, 'its path has a zero byte')
  if (path.length > mostBytes || parts.some(each => each.length > mostName)) throw refused(path, 'its path is too long')
  return parts.join('/')
}

export function refused(path: string, why: string, cause?: unknown): StackError {
  const name = shown(path.length > 200 ? `${path.slice(0, 200)}…` : path)
  return new StackError('image-failed', `entry "${name}" is refused: ${why}`, cause === undefined ? {} : {cause})
}

/** What an image layer says about the layers below it, by a name that no file has (OCI image specification, layer.md). */
export type Mark =
  | {readonly kind: 'whiteout'; readonly path: string}
  | {readonly kind: 'opaque'; readonly path: string}
  | {readonly kind: 'ignored'}

const prefix = '.wh.'

/** By the name alone: some archives have marks as hard links, or with bytes. */
export function markOf(path: string): Mark | undefined {
  const slash = path.lastIndexOf('/')
  const [parent, name] = [path.slice(0, Math.max(0, slash)), path.slice(slash + 1)]
  if (path.split('/').some(each => each.startsWith('.wh..wh.') && each !== '.wh..wh..opq')) return {kind: 'ignored'}
  if (!name.startsWith(prefix)) return undefined
  if (name === '.wh..wh..opq') return {kind: 'opaque', path: parent}
  const hidden = name.slice(prefix.length)
  if (['', '.', '..'].includes(hidden)) throw refused(path, 'it hides nothing that can be named')
  return {kind: 'whiteout', path: parent === '' ? hidden : `${parent}/${hidden}`}
}
