import {type FSWatcher, watch} from 'chokidar'
import {errnoOf, StackError} from '../base/error.ts'

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

/** Watches files and directories with all below; resolves when nothing is missed any more. */
export async function watchFiles({paths, isClosed, changed, stirred, failed}: Watching): Promise<Watcher> {
  if (paths.length === 0) return {found: [], close: async () => {}}
  const found: string[] = []
  let isReady = false
  const watcher = watch([...paths], {ignored: isClosed, followSymlinks: false, atomic: false})
  watcher.on('all', (_event, path) => {
    if (isReady) changed(path)
    else found.push(path)
  })
  watcher.on('raw', () => stirred())
  await readiness(watcher)
  isReady = true
  watcher.on('error', error => failed(inWords(error)))
  return {found, close: () => watcher.close()}
}

function readiness(watcher: FSWatcher): Promise<void> {
  return new Promise((resolve, reject) => {
    watcher.once('ready', resolve)
    watcher.once('error', error => {
      void watcher.close()
      reject(inWords(error))
    })
  })
}

/** The kernel's limits on watching are what most people meet first. */
function inWords(error: unknown): unknown {
  const errno = errnoOf(error)
  const limit = errno === 'ENOSPC' ? 'max_user_watches' : errno === 'EMFILE' ? 'max_user_instances' : undefined
  if (limit === undefined) return error
  const what = errno === 'ENOSPC' ? 'files' : 'programs that watch files'
  return new StackError('io', `the kernel's limit on watched ${what} is reached (fs.inotify.${limit})`, {
    cause: error,
    hint: `sysctl fs.inotify.${limit}=${errno === 'ENOSPC' ? 524_288 : 1024}, or ignore directories that need no watching`,
  })
}
