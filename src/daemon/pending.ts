/** Clients that attached to a container before its start: they miss nothing of its output. */
export class PendingAttaches {
  readonly #waiting = new Map<string, Set<() => Promise<void>>>()

  /** `begin` is called when the container is held just before its program. Gives the function that leaves. */
  add(id: string, begin: () => Promise<void>): () => void {
    const waiting = this.#waiting.get(id) ?? new Set()
    this.#waiting.set(id, waiting.add(begin))
    return () => {
      waiting.delete(begin)
      if (waiting.size === 0) this.#waiting.delete(id)
    }
  }

  take(id: string): readonly (() => Promise<void>)[] {
    const waiting = [...(this.#waiting.get(id) ?? [])]
    this.#waiting.delete(id)
    return waiting
  }
}
