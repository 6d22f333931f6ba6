import {describe, errnoOf, StackError} from '../base/error.ts'
import {Tree} from './tree.ts'

export type Watching = {
  readonly paths: readonly string[]
  /** What need not be looked into. */
  readonly isClosed: (path: string) => boolean
  readonly changed: (path: string) => void
  /** Something happens that may be told in a moment. */
  readonly stirred: () => void
  readonly failed: (error: unknown) => void
}

export type Watcher = {
  /** All that was there when watching began. */
  readonly found: readonly string[]
  close(): Promise<void>
}

/**
 * Watches files and directories with all below; resolves when nothing is missed any more. What cannot be looked into is
 * told, once. Errors: a limit of the kernel, where it is reached at the start.
 */
export async function watchFiles({paths, isClosed, changed, stirred, failed}: Watching): Promise<Watcher> {
  const found = new Set<string>()
  const told = new Set<string>()
  let isReady = false
  let limit: StackError | undefined
  const tree = new Tree({
    roots: paths,
    isClosed,
    stirred,
    changed: path => void (isReady ? changed(path) : found.add(path)),
    failed(error) {
      const known = limitOf(error)
      const words = describe(known ?? error)
      if (told.has(words)) return
      told.add(words)
      if (known === undefined || isReady) failed(known ?? error)
      else limit = known
    },
  })
  await tree.open()
  if (limit !== undefined) {
    tree.close()
    throw limit
  }
  isReady = true
  return {found: [...found], close: async () => tree.close()}
}

/** The kernel's limits on watching are what most people meet first. */
function limitOf(error: unknown): StackError | undefined {
  const errno = errnoOf(error)
  const limit = errno === 'ENOSPC' ? 'max_user_watches' : errno === 'EMFILE' ? 'max_user_instances' : undefined
  if (limit === undefined) return undefined
  const what = errno === 'ENOSPC' ? 'files' : 'programs that watch files'
  return new StackError('io', `the kernel's limit on watched ${what} is reached (fs.inotify.${limit})`, {
    cause: error,
    hint: `sysctl fs.inotify.${limit}=${errno === 'ENOSPC' ? 524_288 : 1024}, or ignore directories that need no watching`,
  })
}
