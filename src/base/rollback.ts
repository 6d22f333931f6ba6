/**
 * What is half done gets undone: steps register how to take them back, and leaving the scope without `keep()`
 * runs those in reverse. A failing undo is told to `warn` and never replaces the error that caused it.
 */
export class Rollback {
  readonly #undos: Array<() => unknown> = []
  readonly #warn: (error: unknown) => void

  constructor(warn: (error: unknown) => void) {
    this.#warn = warn
  }

  async do<T>(action: Promise<T> | (() => Promise<T>), undo: (result: T) => unknown): Promise<T> {
    const result = await (typeof action === 'function' ? action() : action)
    this.#undos.push(() => undo(result))
    return result
  }

  /** Everything worked: nothing will be undone. */
  keep(): void {
    this.#undos.length = 0
  }

  async undo(): Promise<void> {
    for (const undo of this.#undos.splice(0).reverse()) {
      try {
        await undo()
      } catch (error) {
        this.#warn(error)
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.undo()
  }
}
