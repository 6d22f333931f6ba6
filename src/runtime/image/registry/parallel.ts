/** Some at a time, in order; a failure stops the others, and is thrown when they have ended. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  stop: AbortController,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined && failures.length === 0; item = waiting.shift()) {
      await action(item).catch(error => {
        failures.push(error)
        stop.abort()
      })
    }
  }
  await Promise.all(Array.from({length: Math.min(width, items.length)}, worker))
  if (failures.length > 0) throw failures[0]
}
