import {describe, expect, test} from 'vitest'
import type {ActualContainer, LogChunk, LogOptions} from '../../../src/engine/engine.ts'
import type {LogLine} from '../../../src/web/messages.ts'
import {timedLines} from '../../../src/web/server/lines.ts'
import {Output} from '../../../src/web/server/output.ts'
import {container} from '../cli/support.ts'

async function* chunksOf(...texts: string[]): AsyncGenerator<LogChunk> {
  for (const text of texts) yield {stream: 'stdout', data: Buffer.from(text)}
}
const at = (second: number) => `2026-01-02T00:00:${String(second).padStart(2, '0')}.000000000Z`

describe('lines of a log', () => {
  const read = async (...texts: string[]) => {
    const lines = []
    for await (const each of timedLines(chunksOf(...texts))) lines.push(...each)
    return lines
  }

  test('are whole, wherever the stream is cut, with their times and without escape codes', async () => {
    expect(await read(`${at(1)} \u001b[31mo`, `ne\u001b[0m\r\n${at(2)} two`)).toEqual([
      {at: at(1), text: 'one', isError: false},
      {at: at(2), text: 'two', isError: false},
    ])
  })

  test('that never end are cut', async () => {
    const [line] = await read(`${at(1)} `, ...Array.from({length: 100}, () => 'x'.repeat(10_000)), `\n${at(2)} next\n`)
    expect(line?.text).toHaveLength(2001)
    expect(line?.text.endsWith('…')).toBe(true)
  })
})

describe('following', () => {
  const asked: LogOptions[] = []
  const told: LogLine[] = []
  /** What each opening of the log gives. */
  const runs: string[] = []
  const output = new Output({
    signal: new AbortController().signal,
    tell: lines => told.push(...lines),
    engine: {
      logs: (_, options) => {
        asked.push(options)
        return chunksOf(runs.shift() ?? '')
      },
    },
  })
  const look = async (changes: Partial<ActualContainer> = {}) => {
    output.follow([container('web', changes)])
    await new Promise(resolve => setTimeout(resolve, 5))
  }

  test('a stream that broke goes on behind the last line; what has ended is read once', async () => {
    runs.push(`${at(1)} a\n${at(2)} b\n`, `${at(2)} b\n${at(3)} c\n`, `${at(4)} d\n`)
    await look()
    expect(asked.at(-1)).toMatchObject({tail: 300, follow: true, timestamps: true})
    await look()
    expect(asked.at(-1)).toMatchObject({since: Date.parse(at(2))})
    expect(told.map(({text}) => text)).toEqual(['a', 'b', 'c'])
    await look({status: 'exited'})
    await look({status: 'exited'})
    await look({status: 'exited'})
    expect(asked).toHaveLength(3)
    expect(told.at(-1)).toMatchObject({text: 'd', source: 'web-1', service: 'web'})
  })

  test('whoever was started and has ended again meanwhile is read once more', async () => {
    runs.push(`${at(5)} e\n`)
    output.started(container('web').id)
    await look({status: 'exited'})
    expect(told.at(-1)?.text).toBe('e')
  })

  test('whoever was never started is not read', async () => {
    output.follow([container('db', {status: 'created'})])
    expect(asked).toHaveLength(4)
  })
})
