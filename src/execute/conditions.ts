import {type Deferred, deferred} from '../base/deferred.ts'
import {StackError} from '../base/error.ts'
import type {ActualContainer, Engine} from '../engine/engine.ts'

export type Condition = 'wait-running' | 'wait-healthy' | 'wait-completed'
type Subject = {readonly id: string; readonly name: string}

/** Waits for containers to be as far as is asked. One stream of events serves all waits, and is open only while there are some. */
export class Conditions {
  readonly #engine: Engine
  readonly #project: string
  readonly #waiting = new Map<
    object,
    {readonly id: string; readonly look: () => void; readonly fail: (error: unknown) => void}
  >()
  #stream: AbortController | undefined

  constructor(engine: Engine, project: string) {
    this.#engine = engine
    this.#project = project
  }

  /** Errors: dependency-failed where it cannot come true any more, cancelled. */
  async reached(condition: Condition, subject: Subject, signal: AbortSignal): Promise<void> {
    const done = deferred<void>()
    const key = {}
    const cancel = () => done.reject(new StackError('cancelled', 'interrupted'))
    const look = () => void this.#look(condition, subject, done)
    this.#waiting.set(key, {id: subject.id, look, fail: done.reject})
    signal.addEventListener('abort', cancel, {once: true})
    this.#stream ??= this.#listen()
    if (signal.aborted) cancel()
    else look()
    try {
      await done.promise
    } finally {
      signal.removeEventListener('abort', cancel)
      this.#waiting.delete(key)
      if (this.#waiting.size === 0) this.#close()
    }
  }

  async #look(condition: Condition, {id, name}: Subject, {resolve, reject}: Deferred<void>): Promise<void> {
    try {
      const verdict = judge(condition, await this.#engine.inspectContainer(id))
      if (verdict === 'reached') resolve()
      else if (verdict !== 'not yet') reject(new StackError('dependency-failed', `container ${name} ${verdict.failed}`))
    } catch (error) {
      reject(error)
    }
  }

  #listen(): AbortController {
    const controller = new AbortController()
    const events = this.#engine.events(this.#project, controller.signal)
    const follow = async () => {
      for await (const {container} of events) {
        for (const {id, look} of this.#waiting.values()) if (id === container) look()
      }
      if (!controller.signal.aborted)
        throw new StackError('engine-unreachable', `${this.#engine.name} ended its events`)
    }
    follow().catch(error => {
      if (controller.signal.aborted) return
      for (const {fail} of this.#waiting.values()) fail(error)
    })
    return controller
  }

  #close(): void {
    this.#stream?.abort()
    this.#stream = undefined
  }
}

export type Verdict = 'reached' | 'not yet' | {readonly failed: string}

/** How far a container is. One that its policy is about to restart may still get there. */
export function judge(condition: Condition, container: ActualContainer | undefined): Verdict {
  if (container === undefined) return {failed: 'is gone'}
  const {status, exitCode, health} = container
  if (status === 'restarting' || status === 'created') return 'not yet'
  if (condition === 'wait-completed') {
    if (status === 'running' || status === 'paused') return 'not yet'
    return exitCode === 0 ? 'reached' : {failed: `did not complete: exited (${exitCode})`}
  }
  if (status !== 'running' && status !== 'paused') {
    return condition === 'wait-running' && exitCode === 0 ? 'reached' : {failed: `exited (${exitCode})`}
  }
  if (health === 'unhealthy') return {failed: 'is unhealthy'}
  if (health === 'healthy' || (health === 'none' && condition === 'wait-running')) return 'reached'
  return health === 'none' ? {failed: 'has no health check, so that it cannot become healthy'} : 'not yet'
}
