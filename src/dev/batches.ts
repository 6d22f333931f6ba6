export type Pace = {
  /** Milliseconds without anything new. */
  readonly quiet: number
  /** Milliseconds after the first, whatever comes. */
  readonly longest: number
}

export type Batches<T> = {
  add(item: T): void
  /** Something is going on: what there is waits for it to be over. */
  stir(): void
  /** What has been added by the time that it is quiet, or undefined when the signal comes first. */
  next(signal: AbortSignal): Promise<ReadonlySet<T> | undefined>
}

/** Gathers what comes in bursts. What comes while a batch is worked on is in the next one. */
export function batches<T>({quiet, longest}: Pace): Batches<T> {
  let items = new Set<T>()
  let isReady = false
  let limit = 0
  let timer: NodeJS.Timeout | undefined
  let tell = () => {}

  const ready = () => {
    isReady = true
    tell()
  }
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(ready, Math.max(0, Math.min(quiet, limit - performance.now())))
  }
  return {
    add(item) {
      if (items.size === 0) limit = performance.now() + longest
      items.add(item)
      if (!isReady) wait()
    },
    stir() {
      if (items.size > 0 && !isReady) wait()
    },
    async next(signal) {
      while (!isReady) {
        if (signal.aborted) return undefined
        await new Promise<void>(resolve => {
          tell = () => {
            signal.removeEventListener('abort', tell)
            resolve()
          }
          signal.addEventListener('abort', tell, {once: true})
        })
      }
      const batch = items
      items = new Set()
      isReady = false
      return batch
    },
  }
}
