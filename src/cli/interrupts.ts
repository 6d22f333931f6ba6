type Listener = (count: number) => void

/**
 * SIGINT and SIGTERM, counted. A command that has something to end listens; where none listens, and at the third,
 * the program leaves at once.
 */
export class Interrupts {
  #count = 0
  readonly #listeners = new Set<Listener>()
  readonly #leave: () => void

  constructor(leave: () => void) {
    this.#leave = leave
  }

  get count(): number {
    return this.#count
  }

  raise(): void {
    this.#count++
    if (this.#count > 2 || this.#listeners.size === 0) this.#leave()
    else for (const listener of [...this.#listeners]) listener(this.#count)
  }

  /** Leaves without waiting for what is still under way. */
  leave(): void {
    this.#leave()
  }

  /** Listens until the function that it gives is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A signal that the first interrupt aborts; the second leaves, whatever is still under way. `stop` ends the listening. */
  abortSignal(): {readonly signal: AbortSignal; readonly stop: () => void} {
    const controller = new AbortController()
    if (this.#count > 0) controller.abort()
    const stop = this.listen(count => (count === 1 ? controller.abort() : this.#leave()))
    return {signal: controller.signal, stop}
  }
}

/** What a shell reports for a program that was interrupted. */
export const interruptedCode = 130
