import {EventEmitter} from 'node:events'

/** Docker's event, as `GET /events` sends it; `status`, `id` and `from` are its older form, which clients still read. */
export type ApiEvent = {
  readonly Type: 'container' | 'image' | 'network' | 'volume' | 'daemon'
  readonly Action: string
  readonly Actor: {readonly ID: string; readonly Attributes: Readonly<Record<string, string>>}
  readonly scope: 'local'
  readonly time: number
  readonly timeNano: number
  readonly status?: string
  readonly id?: string
  readonly from?: string
}

const kept = 256

/** What happened, to whoever listens now, and the last ones to who asks with `since`. */
export class Events {
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  readonly #recent: ApiEvent[] = []

  tell(type: ApiEvent['Type'], action: string, id: string, attributes: Readonly<Record<string, string>>): void {
    const now = Date.now()
    const event: ApiEvent = {
      ...(type === 'container' ? {status: action, id, from: attributes.image ?? ''} : {}),
      Type: type,
      Action: action,
      Actor: {ID: id, Attributes: attributes},
      scope: 'local',
      time: Math.floor(now / 1000),
      timeNano: now * 1_000_000,
    }
    this.#recent.push(event)
    if (this.#recent.length > kept) this.#recent.shift()
    this.#emitter.emit('event', event)
  }

  recent(): readonly ApiEvent[] {
    return this.#recent
  }

  /** Gives the function that stops listening. */
  listen(listener: (event: ApiEvent) => void): () => void {
    this.#emitter.on('event', listener)
    return () => this.#emitter.off('event', listener)
  }
}
