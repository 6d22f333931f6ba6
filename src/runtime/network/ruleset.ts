/**
 * Keeps the kernel's rules at what `render` says. Calls in a burst share one load: each resolves when a load has
 * ended that began after it was made.
 */
export class Ruleset {
  readonly #render: () => string
  readonly #load: (text: string) => Promise<void>
  #loaded: string | undefined
  #running: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(render: () => string, load: (text: string) => Promise<void>) {
    this.#render = render
    this.#load = load
  }

  /** What the kernel was given last; undefined while that changes. */
  get loaded(): string | undefined {
    return this.#loaded
  }

  apply(): Promise<void> {
    this.#next ??= this.#after(this.#running)
    return this.#next
  }

  /** The next `apply` loads even what was loaded before: another program may have flushed it. */
  forget(): void {
    this.#loaded = undefined
  }

  #after(before: Promise<void>): Promise<void> {
    const next = before
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.#change()
      })
    this.#running = next
    return next
  }

  async #change(): Promise<void> {
    const text = this.#render()
    if (text === this.#loaded) return
    this.#loaded = undefined
    await this.#load(text)
    this.#loaded = text
  }
}
