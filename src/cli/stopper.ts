import {delay} from '../base/delay.ts'
import type {Engine} from '../engine/engine.ts'
import {isUp} from '../plan/compare.ts'
import type {Interrupts} from './interrupts.ts'

export type Stopping = {
  readonly engine: Engine
  readonly project: string
  readonly interrupts: Interrupts
  /** Stops what was started, in order; broken off by the signal. */
  readonly stop: (signal: AbortSignal) => Promise<void>
}

/** Nobody who pressed Ctrl-C twice waits longer than this. */
const patience = 900

/** Ends what was started: in order when it is asked to, by SIGKILL when it is forced to. */
export class Stopper {
  readonly #stopping: Stopping
  readonly #broken = new AbortController()
  #stopped: Promise<void> | undefined

  constructor(stopping: Stopping) {
    this.#stopping = stopping
  }

  /** The same stop for everybody who asks. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopping.stop(this.#broken.signal)
    return this.#stopped
  }

  /** Kills all that runs and leaves the program, within a second. */
  force(): void {
    this.#broken.abort()
    const killed = this.#killAll().catch(() => {})
    void Promise.race([killed, delay(patience)]).then(() => this.#stopping.interrupts.leave())
  }

  async #killAll(): Promise<void> {
    const {engine, project} = this.#stopping
    const {containers} = await engine.observe(project)
    await Promise.allSettled(containers.filter(isUp).map(({id}) => engine.killContainer(id, 'SIGKILL')))
  }
}
