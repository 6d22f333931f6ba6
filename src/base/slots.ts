/** Lets so many actions run at a time; the others wait their turn, first come first served. */
export function slots(count: number): <T>(action: () => Promise<T>) => Promise<T> {
  let free = count
  const waiting: Array<() => void> = []
  return async action => {
    if (free > 0) free--
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await action()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
