import type {ActualContainer, Engine} from '../../engine/engine.ts'
import {type LogLine, limits} from '../messages.ts'
import {timedLines} from './lines.ts'

type Followed = {
  isOpen: boolean
  /** Time of the last line that was told; later lines are new. */
  last: string
  /** Its program has ended, and all that it wrote was read. */
  isOver: boolean
}

export type OutputOptions = {
  readonly engine: Pick<Engine, 'logs'>
  readonly signal: AbortSignal
  readonly tell: (lines: readonly LogLine[]) => void
}

/**
 * Follows what containers write, each run once: `follow` is called with what there is, again and again. A stream that
 * broke is opened once more from its last line on.
 */
export class Output {
  readonly #options: OutputOptions
  readonly #followed = new Map<string, Followed>()
  #count = 0

  constructor(options: OutputOptions) {
    this.#options = options
  }

  follow(containers: readonly ActualContainer[]): void {
    const there = new Set(containers.map(({id}) => id))
    for (const [id, {isOpen}] of this.#followed) if (!there.has(id) && !isOpen) this.#followed.delete(id)
    for (const each of containers) {
      const known = this.#followed.get(each.id) ?? {isOpen: false, last: '', isOver: false}
      this.#followed.set(each.id, known)
      if (!hasEnded(each)) known.isOver = false
      if (known.isOpen || known.isOver || each.status === 'created') continue
      known.isOpen = true
      void this.#read(each, known).finally(() => {
        known.isOpen = false
      })
    }
  }

  /** It was started: what it writes is new although it has ended when it is looked at. */
  started(id: string): void {
    const known = this.#followed.get(id)
    if (known !== undefined) known.isOver = false
  }

  async #read(container: ActualContainer, known: Followed): Promise<void> {
    const {engine, signal, tell} = this.#options
    const {id, service} = container
    const source = `${service}-${container.number}`
    const isFirst = known.last === ''
    const since = isFirst ? {tail: limits.lines} : {since: Date.parse(known.last)}
    try {
      for await (const lines of timedLines(engine.logs(id, {follow: true, timestamps: true, signal, ...since}))) {
        const unseen = isFirst ? lines : lines.filter(({at}) => at > known.last)
        if (unseen.length > 0) tell(unseen.map(line => ({...line, id: ++this.#count, service, source})))
        known.last = unseen.reduce((last, {at}) => (at > last ? at : last), known.last)
      }
    } catch {
      // Without a log, or the engine went away: while it runs the next look tries again.
    }
    known.isOver = hasEnded(container)
  }
}

const hasEnded = ({status}: ActualContainer): boolean => status === 'exited' || status === 'dead'
