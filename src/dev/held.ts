import {dirname} from 'node:path/posix'

/** Marks of what a container has, by path. */
export class Held {
  readonly #marks = new Map<string, string>()
  /** Paths that something is below. */
  readonly #above = new Set<string>()

  get(path: string): string | undefined {
    return this.#marks.get(path)
  }

  /** What was below a path that is no directory any more has gone with it. */
  set(path: string, mark: string): void {
    if (!mark.startsWith('directory')) this.#forgetBelow(path)
    this.#marks.set(path, mark)
    for (let each = dirname(path); !this.#above.has(each); each = dirname(each)) this.#above.add(each)
  }

  #forgetBelow(path: string): void {
    if (!this.#above.has(path)) return
    for (const each of [...this.#marks.keys()]) if (each.startsWith(`${path}/`)) this.#marks.delete(each)
    for (const each of [...this.#above]) if (each === path || each.startsWith(`${path}/`)) this.#above.delete(each)
  }
}
