/** Runs what is given under one key one after the other; different keys do not wait for each other. */
export class Serial {
  readonly #last = new Map<string, Promise<unknown>>()

  run<T>(key: string, action: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve()
    const result = before.then(action, action)
    const settled = result.catch(() => undefined)
    this.#last.set(key, settled)
    settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key)
    })
    return result
  }
}
