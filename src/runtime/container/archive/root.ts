import {closeSync as closeFd, constants} from 'node:fs'
import {open} from 'node:fs/promises'
import {errnoOf, StackError} from '../../../base/error.ts'
import {native} from '../../../native/binding.ts'

/** A container's root, held by a descriptor: its mounts stay as they are while that is open. */
export type HeldRoot = {
  /** For the addon: a path that leads there. */
  readonly path: string
  /** Throws where what the container has at a path is not there, since it is mounted only while it runs. */
  check(path: string): void
  [Symbol.asyncDispose](): Promise<void>
}

/** `isStill` is asked when the root is held, since a number of a process may have become another's. */
export async function holdRoot(pid: number, isStill: () => boolean): Promise<HeldRoot | undefined> {
  try {
    const handle = await open(`/proc/${pid}/root/.`, constants.O_RDONLY | constants.O_DIRECTORY)
    if (isStill())
      return {path: `/proc/self/fd/${handle.fd}/.`, check: () => {}, [Symbol.asyncDispose]: () => handle.close()}
    await handle.close()
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '')) throw error
  }
  return undefined
}

/** A directory of the container: what stands below it is named by it without any path of the container. */
export type Inside = {
  /** `/proc/self/fd/N`. */
  readonly path: string
  close(): void
}

/** Errors: not-found, bad-request where it is no directory. */
export async function openDirectory(root: HeldRoot, path: string, asked = path): Promise<Inside> {
  root.check(path)
  const relative = Buffer.from(path.replace(/^\/+/, ''))
  const fd = await native()
    .openInside({root: root.path, path: relative})
    .catch(error => {
      throw inWords(error, asked)
    })
  return {path: `/proc/self/fd/${fd}`, close: () => closeFd(fd)}
}

const reasons: Readonly<Record<string, readonly [code: 'bad-request' | 'not-found' | 'conflict', text: string]>> = {
  ENOENT: ['not-found', 'there is nothing at that path in the container'],
  ENOTDIR: ['bad-request', 'something on its way is not a directory'],
  EISDIR: ['bad-request', 'it is a directory'],
  ELOOP: ['bad-request', 'symbolic links on its way lead nowhere'],
  EROFS: ['conflict', 'the container may not write there either: it is read-only'],
  EXDEV: ['conflict', 'something is mounted there or below'],
  EBUSY: ['conflict', 'something is mounted there'],
  ENAMETOOLONG: ['bad-request', 'a name is too long'],
  EPERM: ['conflict', 'the file system does not permit it'],
}

/** A failure of the addon, or of Node, as one of a path in a container. */
export function inWords(error: unknown, path?: string): unknown {
  const errno = errnoOf(error)
  if (!(error instanceof Error) || error instanceof StackError || errno === undefined) return error
  const subject = path ?? `/${'subject' in error ? String(error.subject) : ''}`
  if (errno === 'ENOSPC' || errno === 'EDQUOT')
    return new StackError('io', 'no space is left on the disk', {cause: error})
  const [code, text] = reasons[errno] ?? (['io', error.message] as const)
  return new StackError(code, `${subject}: ${text}`, {cause: error})
}
