import {deferred} from '../base/deferred.ts'
import type {ActualContainer, EngineEvent} from '../engine/engine.ts'
import {Followed, type Outlook, type Printing, patience} from './followed.ts'

export type Following = Omit<Printing, 'isNew' | 'from'> & {
  readonly project: string
  /** Whether a container that starts meanwhile is followed too. */
  readonly wants: (event: EngineEvent) => boolean
  /** Goes on when all have ended: they will be started again. */
  readonly stays?: boolean
}

type Member = {
  readonly followed: Followed
  looking: boolean
  again: boolean
  isOver: boolean
  timer?: NodeJS.Timeout
}

/** Prints what containers write, over restarts, until all of them have ended. */
export class Follower {
  readonly #following: Following
  readonly #members = new Map<string, Member>()
  readonly #ended = deferred<void>()
  readonly #closing = new AbortController()
  readonly #from = Date.now()
  readonly #events

  /** Events count from now on: who looks after this which containers there are misses none that starts meanwhile. */
  constructor(following: Following) {
    this.#following = following
    this.#events = following.engine.events(following.project, this.#closing.signal)
  }

  async follow(containers: readonly ActualContainer[]): Promise<void> {
    const {signal} = this.#following
    const close = () => this.#end()
    signal.addEventListener('abort', close, {once: true})
    try {
      if (signal.aborted || (containers.length === 0 && !this.#following.stays)) return
      for (const {id} of containers) this.#add(id, false)
      for (const {id} of containers) this.#look(id)
      this.#watch().catch(this.#ended.reject)
      await this.#ended.promise
    } finally {
      signal.removeEventListener('abort', close)
      this.#end()
    }
  }

  #add(id: string, isNew: boolean): void {
    const followed = new Followed(id, {...this.#following, isNew, from: this.#from, signal: this.#closing.signal})
    this.#members.set(id, {followed, looking: false, again: false, isOver: false})
  }

  #end(): void {
    for (const {timer} of this.#members.values()) clearTimeout(timer)
    this.#closing.abort()
    this.#ended.resolve()
  }

  /** One that ends at once may be said to have ended before it is said to have started. */
  async #watch(): Promise<void> {
    const {wants} = this.#following
    for await (const event of this.#events) {
      const {action, container} = event
      if (!['start', 'die', 'destroy'].includes(action)) continue
      if (action !== 'destroy' && !this.#members.has(container) && wants(event)) {
        this.#add(container, true)
      }
      this.#members.get(container)?.followed.happened(event)
      this.#look(container)
    }
  }

  /** Looks at a container once more; at one time only once, so that its runs are printed one behind the other. */
  #look(id: string): void {
    const member = this.#members.get(id)
    if (member === undefined || this.#closing.signal.aborted) return
    member.again = true
    if (member.looking) return
    member.looking = true
    member.isOver = false
    this.#lookWhileNew(id, member).catch(error => {
      if (!this.#closing.signal.aborted) this.#ended.reject(error)
    })
  }

  async #lookWhileNew(id: string, member: Member): Promise<void> {
    let outlook: Outlook = 'later'
    while (member.again && !this.#closing.signal.aborted) {
      member.again = false
      outlook = await member.followed.look()
      if (outlook === 'again') member.again = true
    }
    if (this.#closing.signal.aborted) return
    member.looking = false
    member.isOver = outlook === 'over'
    clearTimeout(member.timer)
    if (outlook === 'gone') this.#members.delete(id)
    if (outlook === 'later') member.timer = setTimeout(() => this.#look(id), patience)
    else if (!this.#following.stays && [...this.#members.values()].every(({isOver}) => isOver)) this.#end()
  }
}
