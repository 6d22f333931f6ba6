import type {EngineEvent} from '../engine.ts'

type Listener = {readonly project: string; readonly push: (event: EngineEvent) => void}

/** Events to all that listen, each with a queue of its own. */
export class MemoryEvents {
  readonly #listeners = new Set<Listener>()

  tell(project: string, event: EngineEvent): void {
    for (const listener of this.#listeners) if (listener.project === project) listener.push(event)
  }

  /** Listens from the call on, not from the first read on. */
  listen(project: string, signal: AbortSignal): AsyncIterable<EngineEvent> {
    const queue: EngineEvent[] = []
    let wake = () => {}
    const listener = {
      project,
      push: (event: EngineEvent) => {
        queue.push(event)
        wake()
      },
    }
    this.#listeners.add(listener)
    const stop = () => {
      this.#listeners.delete(listener)
      wake()
    }
    signal.addEventListener('abort', stop, {once: true})
    return (async function* () {
      while (!signal.aborted) {
        yield* queue.splice(0)
        if (queue.length === 0 && !signal.aborted) {
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
      }
    })()
  }
}
