import {deferred} from '../../base/deferred.ts'
import {delay} from '../../base/delay.ts'
import {describe} from '../../base/error.ts'
import type {LogChunk} from '../../engine/engine.ts'
import {createMeter} from '../../execute/statistics.ts'
import {devLine} from '../../ui/dev.ts'
import {Lines} from '../../ui/lines.ts'
import {type Intent, intentOf, isAction} from '../../ui/screen/keys.ts'
import {loadTerminal} from '../../ui/screen/load.ts'
import {advance, firstState, kept, type LogLine, type ScreenEvent, session} from '../../ui/screen/state.ts'
import type {Screen} from '../../ui/screen/terminal.ts'
import {frame} from '../../ui/screen/view.ts'
import {createStyle, wantsColour} from '../../ui/style.ts'
import type {Context} from '../context.ts'
import {Follower} from '../follow.ts'
import {invoke} from '../invoke.ts'
import {sorted} from '../selection.ts'
import {watchStack} from '../watch-stack.ts'
import type {Attached, Watched} from '../watching.ts'
import {actions} from './actions.ts'
import {capturedContext} from './captured.ts'
import {hintsFor} from './init.ts'

type Leaving = 'detach' | 'stop' | 'down' | 'interrupt'

/** Milliseconds: between frames, between looks at what runs and at what it uses. */
const pace = {frame: 40, look: 1000, meter: 2000}
/** Of what a container has written before. */
const tail = 200

/** The screen of `stack dev`: what happens becomes events, events a state, the state a frame. */
export class DevScreen implements Attached {
  readonly #context: Context
  readonly #watched: Watched
  readonly #left = deferred<Leaving>()
  readonly #ending = new AbortController()
  readonly #written: LogLine[] = []
  readonly #scales = new Map<string, number>()
  #state
  #screen: Screen | undefined
  #frame: NodeJS.Timeout | undefined

  constructor(context: Context, watched: Watched) {
    this.#context = context
    this.#watched = watched
    const {project} = watched.planned
    this.#state = firstState(project.name, Object.keys(project.services), Date.now())
  }

  async run(): Promise<void> {
    const how = await this.#show()
    const {stopper, planned} = this.#watched
    const {name} = planned.project
    if (how === 'stop' || how === 'interrupt') await stopper.stop()
    if (how === 'down') await invoke(this.#context, 'down', ['--remove-orphans'])
    if (how === 'detach') this.#context.io.stderr.write(`"${name}" runs on; stack down ends it\n`)
  }

  stop(): void {
    this.#close()
    this.#left.resolve('interrupt')
  }

  async exitCode(): Promise<number> {
    return 0
  }

  async #show(): Promise<Leaving> {
    const {io, settings, environment} = this.#context
    const captured = await capturedContext(this.#context, text => this.#say(text))
    const act = actions({
      context: captured,
      project: () => this.#watched.planned.project,
      state: () => this.#state,
      tell: event => this.#tell(event),
      scaled: (service, number) => this.#scales.set(service, number),
    })
    const {openScreen} = await loadTerminal()
    this.#screen = openScreen(io, {
      colours: createStyle(wantsColour({ansi: settings.ansi, environment}, true)).enabled,
      resized: () => this.#paint(),
      pressed: key => this.#want(intentOf(this.#state, key), act),
    })
    for (const each of hintsFor(this.#watched.planned.project, this.#watched.services)) this.#say(each)
    this.#paint()
    const work = [this.#follow(), this.#observe(), this.#measure(), this.#watch(captured)]
    const ended = Promise.all(work.map(each => this.#untilEnd(each)))
    try {
      return await this.#left.promise
    } finally {
      this.#ending.abort()
      this.#close()
      await ended
    }
  }

  #close(): void {
    clearTimeout(this.#frame)
    this.#screen?.close()
    this.#screen = undefined
  }

  #want(intent: Intent | undefined, act: ReturnType<typeof actions>): void {
    if (intent === undefined) return
    if (isAction(intent)) act(intent)
    else if (intent.kind === 'interrupt') this.#context.io.interrupts.raise()
    else if (intent.kind === 'leave') this.#left.resolve(intent.how)
    else this.#tell(intent)
  }

  #tell(event: ScreenEvent): void {
    this.#state = advance(this.#state, event)
    this.#frame ??= setTimeout(() => this.#paint(), pace.frame)
  }

  #say(text: string): void {
    this.#write({source: session, service: '', text})
  }

  /** Lines come faster than frames. */
  #write(line: LogLine): void {
    this.#written.push(line)
    if (this.#written.length > kept * 2) this.#written.splice(0, kept)
    this.#frame ??= setTimeout(() => this.#paint(), pace.frame)
  }

  #paint(): void {
    clearTimeout(this.#frame)
    this.#frame = undefined
    const lines = this.#written.splice(0)
    this.#state = advance(this.#state, {kind: 'ticked', now: Date.now()})
    if (lines.length > 0) this.#state = advance(this.#state, {kind: 'wrote', lines})
    this.#screen?.show(frame(this.#state, this.#screen.size()))
  }

  async #follow(): Promise<void> {
    const {planned, shown, since} = this.#watched
    const follower = new Follower({
      engine: planned.engine,
      project: planned.project.name,
      printer: {copy: (name, chunks) => this.#copy(name, chunks), say: async (name, text) => this.#line(name, text)},
      reading: {tail},
      wants: ({service}) => shown.has(service),
      signal: this.#ending.signal,
      stays: true,
    })
    const {containers} = await planned.engine.observe(planned.project.name)
    const own = containers.filter(
      ({oneoff, service, status, finishedAt = 0}) =>
        !oneoff && shown.has(service) && status !== 'created' && (status !== 'exited' || finishedAt >= since),
    )
    await follower.follow(sorted(own))
  }

  async #copy(name: string, chunks: AsyncIterable<LogChunk>): Promise<void> {
    const lines = {stdout: new Lines(), stderr: new Lines()}
    for await (const {stream, data} of chunks) for (const text of lines[stream].add(data)) this.#line(name, text)
    for (const text of [...lines.stdout.end(), ...lines.stderr.end()]) this.#line(name, text)
  }

  #line(source: string, text: string): void {
    this.#write({source, service: source.replace(/-\d+$/, ''), text})
  }

  async #observe(): Promise<void> {
    const {engine, project} = this.#watched.planned
    const {signal} = this.#ending
    const look = async () => {
      const {containers} = await engine.observe(project.name)
      this.#tell({kind: 'observed', containers: sorted(containers.filter(({oneoff}) => !oneoff))})
    }
    const looking = async () => {
      for await (const _ of engine.events(project.name, signal)) await look()
    }
    const patiently = async () => {
      do await look()
      while (await delay(pace.look, signal))
    }
    await Promise.all([looking(), patiently()])
  }

  async #measure(): Promise<void> {
    const {engine, project} = this.#watched.planned
    const measure = createMeter(engine)
    do {
      const {containers} = await engine.observe(project.name)
      const running = containers.filter(({status}) => status === 'running').map(({id}) => id)
      this.#tell({kind: 'measured', usage: await measure(running)})
    } while (await delay(pace.meter, this.#ending.signal))
  }

  async #watch(context: Context): Promise<void> {
    const {planned, services, values} = this.#watched
    const style = createStyle(false)
    const scales = this.#scales
    const watching = watchStack(context, {
      planned,
      services,
      signal: this.#ending.signal,
      report: event => this.#tell({kind: 'did', event, line: devLine(event, {style, width: 0}).replace(/^~ +/, '')}),
      // A change of the file leaves the numbers as keys have made them.
      get values() {
        return {...values, scale: [...values.scale, ...[...scales].map(([name, number]) => `${name}=${number}`)]}
      },
    } as const)
    await watching.catch(error =>
      this.#tell({kind: 'said', level: 'error', text: `files are not watched: ${describe(error)}`}),
    )
  }

  /** What fails because all ends is no failure; anything else is said, and the rest goes on. */
  async #untilEnd(work: Promise<void>): Promise<void> {
    await work.catch(error => {
      if (!this.#ending.signal.aborted) this.#tell({kind: 'said', level: 'error', text: describe(error)})
    })
  }
}
