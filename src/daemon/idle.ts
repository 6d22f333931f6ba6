/** Counts what keeps the daemon; when nothing has for a while, `leave` is called. */
export class Idle {
  #busy = 0
  #timer: NodeJS.Timeout | undefined
  readonly #isNeeded: () => boolean
  readonly #leave: () => void
  readonly #patience: number

  /** `isNeeded` is asked when the last request is done and `patience` milliseconds have passed. */
  constructor(options: {isNeeded: () => boolean; leave: () => void; patience: number}) {
    this.#isNeeded = options.isNeeded
    this.#leave = options.leave
    this.#patience = options.patience
    this.#arm()
  }

  readonly count = (change: 1 | -1): void => {
    this.#busy += change
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#busy > 0) return
    this.#timer = setTimeout(() => (this.#isNeeded() ? this.#arm() : this.#leave()), this.#patience)
  }
}
