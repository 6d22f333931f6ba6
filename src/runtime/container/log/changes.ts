import {watch} from 'node:fs'

/** Says that something was written below a directory; what happened since the last answer counts, so nothing is missed. */
export type Changes = {
  /** Resolves at the next change, at once if there was one, and when `stop` was called. */
  next(): Promise<void>
  stop(): void
}

export function changesIn(directory: string): Changes {
  let isDirty = true
  let isStopped = false
  let wake: (() => void) | undefined
  const tell = () => {
    isDirty = true
    wake?.()
  }
  const watcher = watch(directory, tell)
  const stop = () => {
    isStopped = true
    watcher.close()
    wake?.()
  }
  // The directory goes when its container is removed.
  watcher.on('error', stop)
  return {
    async next() {
      if (!isDirty && !isStopped) await new Promise<void>(resolve => (wake = resolve))
      isDirty = false
    },
    stop,
  }
}
