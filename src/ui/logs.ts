import {once} from 'node:events'
import type {LogChunk} from '../engine/engine.ts'
import {Lines} from './lines.ts'
import type {Style} from './style.ts'

export type LogTargets = {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly style: Style
  /** false: the lines as they are. */
  readonly prefix: boolean
}

/** Prints the output of many containers as lines, each with its container's name in front in its own colour. */
export class LogPrinter {
  readonly #targets: LogTargets
  readonly #colours = new Map<string, (text: string) => string>()
  #width = 0

  constructor(targets: LogTargets, names: readonly string[] = []) {
    this.#targets = targets
    this.expect(names)
  }

  /** Their names are as wide as the widest, and have their colours in this order. */
  expect(names: readonly string[]): void {
    for (const name of names) this.#know(name)
  }

  /** Copies one container's output until it ends. */
  async copy(name: string, chunks: AsyncIterable<LogChunk>): Promise<void> {
    this.#know(name)
    const lines = {stdout: new Lines(), stderr: new Lines()}
    try {
      for await (const {stream, data} of chunks) await this.#print(name, stream, lines[stream].add(data))
    } finally {
      for (const stream of ['stdout', 'stderr'] as const) await this.#print(name, stream, lines[stream].end())
    }
  }

  /** A line about a container: `web-1 exited with code 0`. */
  async say(name: string, text: string): Promise<void> {
    const paint = this.#colours.get(name) ?? (plain => plain)
    await write(this.#targets.stdout, `${paint(`${name} ${text}`)}\n`)
  }

  #know(name: string): void {
    if (this.#colours.has(name)) return
    const {cycle} = this.#targets.style
    this.#colours.set(name, cycle[this.#colours.size % cycle.length]!)
    this.#width = Math.max(this.#width, name.length)
  }

  async #print(name: string, stream: 'stdout' | 'stderr', lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return
    const prefix = this.#targets.prefix ? this.#colours.get(name)!(`${name.padEnd(this.#width)}  | `) : ''
    await write(this.#targets[stream], lines.map(line => `${prefix}${line}\n`).join(''))
  }
}

async function write(target: NodeJS.WritableStream, text: string): Promise<void> {
  if (!target.write(text)) await once(target, 'drain')
}
