import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {PassThrough} from 'node:stream'
import type {Io} from '../../../src/cli/context.ts'
import {Interrupts} from '../../../src/cli/interrupts.ts'
import {run} from '../../../src/cli/program.ts'
import type {ActualContainer, Engine, EngineEvent, LogChunk, LogOptions} from '../../../src/engine/engine.ts'
import {Sink} from '../ui/sink.ts'

/** A running container `shop-<service>-<number>`, but for what is said. */
export function container(service: string, changes: Partial<ActualContainer> = {}): ActualContainer {
  const number = changes.number ?? 1
  return {
    id: `${service}${number}`.padEnd(64, '0'),
    name: `shop-${service}-${number}`,
    service,
    number,
    oneoff: false,
    configHash: 'hash',
    image: 'nginx:1.27',
    imageId: 'sha256:0123456789abcdef',
    command: 'nginx -g daemon off;',
    status: 'running',
    health: 'none',
    exitCode: 0,
    error: '',
    created: 1000,
    startedAt: 2000,
    restarts: 0,
    labels: {'com.docker.compose.project': 'shop', 'com.docker.compose.project.config_files': '/shop/compose.yaml'},
    ports: [],
    networks: {},
    volumes: [],
    tty: false,
    ...changes,
  }
}

/** An engine made of what a test says; anything else that is asked of it fails. */
export const engineWith = (parts: Partial<Engine>): Engine =>
  ({name: 'test', capabilities: {sharedPorts: true}, close: async () => {}, ...parts}) as Engine

export const withContainers = (containers: readonly ActualContainer[], parts: Partial<Engine> = {}): Engine =>
  engineWith({
    observe: async () => ({containers, networks: [], volumes: []}),
    observeAll: async () => containers,
    inspectContainer: async id => containers.find(each => each.id === id),
    ...parts,
  })

export type Ran = {readonly code: number; readonly stdout: string; readonly stderr: string}
type Circumstances = {
  readonly engine?: Engine
  readonly environment?: NodeJS.ProcessEnv
  readonly directory?: string
  readonly interrupts?: Interrupts
}

/** Runs the program in this process; the project is `shop`, without a file, unless said otherwise. */
export async function stack(args: readonly string[], circumstances: Circumstances = {}): Promise<Ran> {
  const [stdout, stderr] = [new Sink(), new Sink()]
  const io: Io = {
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    stdout: stdout.terminal,
    stderr: stderr.terminal,
    environment: {COMPOSE_PROJECT_NAME: 'shop'},
    directory: '/',
    interrupts: new Interrupts(() => {}),
    ...circumstances,
  }
  const code = await run(args, io)
  return {code, stdout: stdout.text, stderr: stderr.text}
}

/** Events that a test sends one by one. */
export class EventSource {
  readonly #waiting = new PassThrough({objectMode: true})

  send(action: string, of: ActualContainer, more: Partial<EngineEvent> = {}): void {
    const {id, name, service, number} = of
    this.#waiting.write({action, container: id, name, service, number, at: 0, ...more} satisfies EngineEvent)
  }

  readonly events = async function* (
    this: EventSource,
    _project: string,
    signal: AbortSignal,
  ): AsyncIterable<EngineEvent> {
    signal.addEventListener('abort', () => this.#waiting.end(), {once: true})
    yield* this.#waiting as AsyncIterable<EngineEvent>
  }.bind(this)
}

/** One container's log: what is written is given to whoever follows, until the run ends. */
export class Log {
  #run = new PassThrough()
  readonly asked: LogOptions[] = []

  write(text: string): void {
    this.#run.write(text)
  }

  /** The stream that is being followed ends, as it does when the program does. */
  async end(): Promise<void> {
    const ending = this.#run
    this.#run = new PassThrough()
    ending.end()
    await once(ending, 'close')
  }

  async *read(options: LogOptions): AsyncIterable<LogChunk> {
    this.asked.push(options)
    const run = this.#run
    options.signal?.addEventListener('abort', () => run.end(), {once: true})
    for await (const data of run) yield {stream: 'stdout', data: data as Buffer}
  }
}

/** A folder with these files in it, or with one compose.yaml. */
export async function inProject<T>(
  content: string | Readonly<Record<string, string>>,
  act: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'stack-cli-'))
  try {
    const files = typeof content === 'string' ? {'compose.yaml': content} : content
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
    return await act(directory)
  } finally {
    rmSync(directory, {recursive: true})
  }
}
