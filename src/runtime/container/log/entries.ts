import type {LogEntry} from '../../runtime.ts'

/** A line of the json-file log; one that is broken (the host lost power in the middle) is left out. */
export function parseEntry(line: string): LogEntry | undefined {
  try {
    const {log, stream, time} = JSON.parse(line) as {log: unknown; stream: unknown; time: unknown}
    if (typeof log !== 'string' || typeof time !== 'string') return undefined
    return {stream: stream === 'stderr' ? 'stderr' : 'stdout', text: log, time}
  } catch {
    return undefined
  }
}

export type EntryFilter = {
  readonly stdout: boolean
  readonly stderr: boolean
  readonly since?: number
  readonly until?: number
}

export function isWanted({stream, time}: LogEntry, {stdout, stderr, since, until}: EntryFilter): boolean {
  if (!(stream === 'stdout' ? stdout : stderr)) return false
  if (since === undefined && until === undefined) return true
  const at = Date.parse(time)
  return (since === undefined || at >= since) && (until === undefined || at <= until)
}

/** Bytes in, whole lines out; the rest waits for what comes next. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): string[] {
    const whole = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const end = whole.lastIndexOf(0x0a)
    this.#rest = Buffer.from(whole.subarray(end + 1))
    return end < 0 ? [] : whole.toString('utf8', 0, end).split('\n')
  }
}
