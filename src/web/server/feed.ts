import {delay} from '../../base/delay.ts'
import {describe} from '../../base/error.ts'
import type {ActualContainer, Engine} from '../../engine/engine.ts'
import {createMeter, type Load} from '../../execute/statistics.ts'
import type {Project} from '../../model/project.ts'
import {lastOf, withLines, withWork} from '../bounded.ts'
import {type Everything, type LogLine, limits, type Message, type Point, type Work} from '../messages.ts'
import {Output} from './output.ts'
import {describeServices} from './services.ts'

export type FeedOptions = {
  readonly engine: Engine
  /** Its name. */
  readonly name: string
  readonly project: () => Project | undefined
  /** Services that are shown; none: all. */
  readonly chosen: readonly string[]
  readonly signal: AbortSignal
  readonly tell: (message: Message) => void
}

/** Milliseconds: what happens within is told at once, and lines are told so often at most. */
const pause = 100

/** Looks at a stack until the signal, keeps what a page needs to begin with, and tells every change. */
export class Feed {
  readonly #options: FeedOptions
  readonly #meter: (ids: readonly string[]) => Promise<Map<string, Load>>
  readonly #output: Output
  #known: Everything
  #waiting: readonly LogLine[] = []
  #timer: NodeJS.Timeout | undefined
  #wake = new AbortController()
  /** Milliseconds since the epoch: when use was last asked for. */
  #measured = 0

  constructor(options: FeedOptions) {
    const {name, engine, signal} = options
    this.#options = options
    this.#meter = createMeter(engine)
    this.#output = new Output({engine, signal, tell: lines => this.#hear(lines)})
    this.#known = {project: name, services: [], loads: {}, history: {}, lines: [], works: [], trouble: ''}
  }

  everything(): Message {
    return {kind: 'all', ...this.#known}
  }

  shows(service: string): boolean {
    return this.#known.services.some(({name}) => name === service)
  }

  work(work: Work): void {
    this.#know({works: withWork(this.#known.works, work)}, {kind: 'work', work})
    this.#wake.abort()
  }

  /** The first look: what is told from then on is how it is. */
  begin(): Promise<void> {
    this.#measured = Date.now()
    return this.#look(true)
  }

  async run(): Promise<void> {
    const {signal} = this.#options
    signal.addEventListener('abort', () => this.#wake.abort(), {once: true})
    void this.#listen()
    while (!signal.aborted) {
      this.#wake = new AbortController()
      // Whatever happens from here on is looked at once more.
      const isDue = Date.now() - this.#measured >= limits.period
      if (isDue) this.#measured = Date.now()
      await this.#look(isDue)
      await delay(pause, signal)
      await delay(Math.max(0, this.#measured + limits.period - Date.now()), this.#wake.signal)
    }
    clearTimeout(this.#timer)
  }

  async #listen(): Promise<void> {
    const {engine, name, signal} = this.#options
    do {
      try {
        for await (const {action, container} of engine.events(name, signal)) {
          if (action === 'start') this.#output.started(container)
          this.#wake.abort()
        }
      } catch {
        // That the engine is away is told by the next look.
      }
    } while (await delay(limits.period, signal))
  }

  async #look(isDue: boolean): Promise<void> {
    const {engine, name, project, chosen, signal} = this.#options
    try {
      const {containers} = await engine.observe(name)
      if (signal.aborted) return
      const services = describeServices({project: project(), containers, chosen})
      if (JSON.stringify(services) !== JSON.stringify(this.#known.services))
        this.#know({services}, {kind: 'services', services})
      const shown = containers.filter(({oneoff, service}) => !oneoff && services.some(each => each.name === service))
      this.#output.follow(shown)
      if (isDue) await this.#measure(shown)
      if (this.#known.trouble !== '') this.#know({trouble: ''}, {kind: 'trouble', text: ''})
    } catch (error) {
      const trouble = describe(error)
      if (!signal.aborted && this.#known.trouble !== trouble) this.#know({trouble}, {kind: 'trouble', text: trouble})
    }
  }

  async #measure(containers: readonly ActualContainer[]): Promise<void> {
    const running = containers.filter(({status}) => status === 'running' || status === 'paused')
    const measured = await this.#meter(running.map(({id}) => id))
    if (this.#options.signal.aborted) return
    const points = Object.fromEntries(
      this.#known.services.map(({name}) => [
        name,
        sumOf(
          running.filter(each => each.service === name),
          measured,
        ),
      ]),
    )
    const history = Object.fromEntries(
      Object.entries(points).map(([name, point]) => [
        name,
        lastOf(this.#known.history[name] ?? [], [point], limits.points),
      ]),
    )
    const loads = Object.fromEntries([...measured].map(([id, load]) => [id.slice(0, 12), load]))
    this.#know({loads, history}, {kind: 'loads', loads, points})
  }

  #hear(lines: readonly LogLine[]): void {
    this.#waiting = withLines(this.#waiting, lines)
    this.#timer ??= setTimeout(() => {
      const told = this.#waiting
      this.#waiting = []
      this.#timer = undefined
      if (!this.#options.signal.aborted)
        this.#know({lines: withLines(this.#known.lines, told)}, {kind: 'lines', lines: told})
    }, pause)
  }

  #know(change: Partial<Everything>, message: Message): void {
    this.#known = {...this.#known, ...change}
    this.#options.tell(message)
  }
}

function sumOf(containers: readonly ActualContainer[], loads: ReadonlyMap<string, Load>): Point {
  const own = containers.flatMap(({id}) => loads.get(id) ?? [])
  const sum = (key: keyof Point) => own.reduce((total, each) => total + each[key], 0)
  return {cpu: sum('cpu'), memory: sum('memory'), received: sum('received'), sent: sum('sent')}
}
