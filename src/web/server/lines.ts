import {stripVTControlCharacters} from 'node:util'
import type {LogChunk} from '../../engine/engine.ts'

const newline = 0x0a
/** Bytes; a program that never ends its line must not fill our memory. */
const longest = 16 * 1024
/** Characters that are shown of one line. */
const shown = 2000

export type TimedLine = {readonly at: string; readonly text: string; readonly isError: boolean}

/** Whole lines of a log that was asked for with times; what is too long is cut. */
export async function* timedLines(chunks: AsyncIterable<LogChunk>): AsyncGenerator<TimedLine[]> {
  const rests = {stdout: Buffer.alloc(0), stderr: Buffer.alloc(0)}
  for await (const {stream, data} of chunks) {
    const lines: TimedLine[] = []
    const all = rests[stream].length === 0 ? Buffer.from(data) : Buffer.concat([rests[stream], data])
    let from = 0
    for (let to = all.indexOf(newline); to >= 0; to = all.indexOf(newline, from)) {
      lines.push(timedLine(all.toString('utf8', from, Math.min(to, from + longest)), stream))
      from = to + 1
    }
    const rest = all.subarray(from)
    rests[stream] = rest.subarray(0, longest)
    if (lines.length > 0) yield lines
  }
  for (const stream of ['stdout', 'stderr'] as const)
    if (rests[stream].length > 0) yield [timedLine(rests[stream].toString('utf8'), stream)]
}

function timedLine(whole: string, stream: LogChunk['stream']): TimedLine {
  const [, at = '', text = whole] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) ?([\s\S]*)$/.exec(whole) ?? []
  const plain = stripVTControlCharacters(text).replace(/\r/g, '')
  return {at, text: plain.length > shown ? `${plain.slice(0, shown)}…` : plain, isError: stream === 'stderr'}
}
