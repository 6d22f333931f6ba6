import {dirname} from 'node:path'
import type {LogEntry, LogOptions} from '../../runtime.ts'
import {type Changes, changesIn} from './changes.ts'
import {isWanted, LineSplitter, parseEntry} from './entries.ts'
import {type OpenLog, openAllLogs, openNewerThan} from './files.ts'
import {tailStart} from './tail.ts'

export type LogSource = {
  readonly path: string
  readonly maxFiles: number
  /** Resolves when nothing more will be written; asked only when following. */
  readonly ended: Promise<unknown>
  /** When it was started again, in milliseconds since the epoch, if it was: what is written from then on is another's. */
  readonly nextStart?: () => number | undefined
}

/** Entries over all files of a log, oldest first; with `follow` until the source has ended or the signal comes. */
export async function* readLog(source: LogSource, options: LogOptions): AsyncGenerator<LogEntry> {
  const {signal} = options
  const isAborted = () => signal?.aborted === true
  // Watching begins before the first read, so that nothing falls between.
  const changes = options.follow ? changesIn(dirname(source.path)) : undefined
  const stop = () => changes?.stop()
  let hasEnded = false
  signal?.addEventListener('abort', stop)
  source.ended.finally(() => {
    hasEnded = true
    stop()
  })
  try {
    const reader = new LogReader(source)
    await using _closing = reader
    await reader.open(options.tail)
    while (!isAborted()) {
      const isLast = changes === undefined || hasEnded
      for await (const line of reader.lines()) {
        if (isAborted()) return
        const entry = parseEntry(line)
        if (entry === undefined) continue
        const next = options.follow ? source.nextStart?.() : undefined
        if (next !== undefined && Date.parse(entry.time) >= next) return
        if (isWanted(entry, options)) yield entry
      }
      if (isLast) return
      await (changes as Changes).next()
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

const block = 64 * 1024

/** Goes through the files in the order in which they were written, and on to new ones as they appear. */
class LogReader {
  readonly #source: LogSource
  readonly #splitter = new LineSplitter()
  #logs: OpenLog[] = []
  #offset = 0
  #last: bigint | undefined

  constructor(source: LogSource) {
    this.#source = source
  }

  async open(tail: number | undefined): Promise<void> {
    this.#logs = await openAllLogs(this.#source.path, this.#source.maxFiles)
    if (tail === undefined || this.#logs.length === 0) return
    const {file, offset} = await tailStart(this.#logs, tail)
    for (const skipped of this.#logs.splice(0, file)) await skipped.handle.close()
    this.#offset = offset
  }

  /** What there is now. The newest file stays open: it may grow, and its inode tells where we are after a rotation. */
  async *lines(): AsyncGenerator<string> {
    for (;;) {
      // Which files are newer is asked before the current one is read to its end: once they exist it grows no more.
      this.#logs.push(...(await this.#newer()))
      const current = this.#logs[0]
      if (current === undefined) return
      yield* this.#rest(current)
      if (this.#logs.length === 1) return
      this.#logs.shift()
      this.#offset = 0
      await current.handle.close()
    }
  }

  async *#rest({handle}: OpenLog): AsyncGenerator<string> {
    const buffer = Buffer.alloc(block)
    for (;;) {
      const {bytesRead} = await handle.read(buffer, 0, block, this.#offset)
      if (bytesRead === 0) return
      this.#offset += bytesRead
      yield* this.#splitter.push(buffer.subarray(0, bytesRead))
    }
  }

  async #newer(): Promise<OpenLog[]> {
    this.#last = this.#logs[this.#logs.length - 1]?.inode ?? this.#last
    return openNewerThan(this.#source.path, this.#source.maxFiles, this.#last)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const {handle} of this.#logs.splice(0)) await handle.close()
  }
}
