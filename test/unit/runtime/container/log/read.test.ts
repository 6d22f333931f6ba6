import {appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {readLog} from '../../../../../src/runtime/container/log/read.ts'
import type {LogEntry, LogOptions} from '../../../../../src/runtime/runtime.ts'

let directory = ''
let path = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-'))
  path = join(directory, 'log')
})
afterEach(() => rmSync(directory, {recursive: true}))

const line = (number: number, stream = 'stdout') =>
  `${JSON.stringify({log: `line ${number}\n`, stream, time: `2026-01-02T03:04:${String(number % 60).padStart(2, '0')}.000000001Z`})}\n`
const lines = (first: number, last: number) =>
  Array.from({length: last - first + 1}, (_, index) => line(first + index)).join('')
const rotate = () => {
  renameSync(path, `${path}.1`)
}

const numbers = (entries: readonly LogEntry[]) => entries.map(each => Number(each.text.slice(5)))
const all = {follow: false, stdout: true, stderr: true}
const source = (ended: Promise<unknown> = Promise.resolve()) => ({path, maxFiles: 3, ended})

async function collect(options: LogOptions, ended?: Promise<unknown>): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for await (const entry of readLog(source(ended), options)) entries.push(entry)
  return entries
}

describe('what there is', () => {
  test('over rotated files, oldest first', async () => {
    writeFileSync(`${path}.2`, lines(1, 2))
    writeFileSync(`${path}.1`, lines(3, 4))
    writeFileSync(path, lines(5, 6))
    expect(numbers(await collect(all))).toEqual([1, 2, 3, 4, 5, 6])
  })

  test.each([
    [0, []],
    [1, [6]],
    [2, [5, 6]],
    [3, [4, 5, 6]],
    [6, [1, 2, 3, 4, 5, 6]],
    [100, [1, 2, 3, 4, 5, 6]],
  ])('the last %i', async (tail, expected) => {
    writeFileSync(`${path}.2`, lines(1, 2))
    writeFileSync(`${path}.1`, lines(3, 4))
    writeFileSync(path, lines(5, 6))
    expect(numbers(await collect({...all, tail}))).toEqual(expected)
  })

  test('the last of many do not depend on where blocks of reading end', async () => {
    writeFileSync(path, lines(1, 5000))
    for (const tail of [1, 700, 701, 1400, 4999, 5000]) {
      const found = numbers(await collect({...all, tail}))
      expect([found[0], found.at(-1), found.length]).toEqual([5001 - tail, 5000, tail])
    }
  })

  test('no log yet is no entries', async () => {
    expect(await collect(all)).toEqual([])
    expect(await collect({...all, tail: 5})).toEqual([])
  })

  test('one stream, and a span of time', async () => {
    writeFileSync(path, line(1) + line(2, 'stderr') + line(3) + line(4, 'stderr'))
    expect(numbers(await collect({...all, stderr: false}))).toEqual([1, 3])
    const [since, until] = [Date.parse('2026-01-02T03:04:02Z'), Date.parse('2026-01-02T03:04:03Z')]
    expect(numbers(await collect({...all, since, until}))).toEqual([2, 3])
  })

  test('a broken line is left out, a last one without its end too', async () => {
    writeFileSync(path, `${line(1)}{"log":"cut\n${line(2)}{"log":"line 3`)
    expect(numbers(await collect(all))).toEqual([1, 2])
  })
})

describe('following', () => {
  /** Reads entries one by one while the test writes. */
  function follow(options: Partial<LogOptions> = {}) {
    let end: () => void = () => undefined
    const ended = new Promise<void>(resolve => (end = resolve))
    const entries = readLog(source(ended), {...all, follow: true, ...options})
    const next = async (count: number) => {
      const found: LogEntry[] = []
      while (found.length < count) found.push((await entries.next()).value as LogEntry)
      return numbers(found)
    }
    return {
      next,
      end,
      rest: async () => {
        const found: LogEntry[] = []
        for (let step = await entries.next(); step.done !== true; step = await entries.next()) found.push(step.value)
        return numbers(found)
      },
    }
  }

  test('gives what is written from now on, and ends when the container does', async () => {
    writeFileSync(path, lines(1, 2))
    const log = follow({tail: 1})
    expect(await log.next(1)).toEqual([2])
    const more = log.next(2)
    appendFileSync(path, line(3))
    appendFileSync(path, line(4))
    expect(await more).toEqual([3, 4])
    appendFileSync(path, line(5))
    log.end()
    expect(await log.rest()).toEqual([5])
  })

  test('goes on over a rotation, and over two of them', async () => {
    writeFileSync(path, line(1))
    const log = follow()
    expect(await log.next(1)).toEqual([1])
    appendFileSync(path, line(2))
    rotate()
    writeFileSync(path, line(3))
    expect(await log.next(2)).toEqual([2, 3])
    appendFileSync(path, line(4))
    renameSync(`${path}.1`, `${path}.2`)
    rotate()
    writeFileSync(path, line(5))
    renameSync(`${path}.2`, `${path}.3`)
    renameSync(`${path}.1`, `${path}.2`)
    rotate()
    writeFileSync(path, line(6))
    log.end()
    expect(await log.rest()).toEqual([4, 5, 6])
  })

  test('begins before there is a log', async () => {
    const log = follow()
    const first = log.next(1)
    writeFileSync(path, line(1))
    expect(await first).toEqual([1])
    log.end()
    expect(await log.rest()).toEqual([])
  })

  test('a line that comes in two writes is one entry', async () => {
    const log = follow()
    const first = log.next(1)
    writeFileSync(path, line(1).slice(0, 10))
    appendFileSync(path, line(1).slice(10))
    expect(await first).toEqual([1])
    log.end()
    expect(await log.rest()).toEqual([])
  })

  test('stops when told to', async () => {
    const controller = new AbortController()
    writeFileSync(path, line(1))
    const log = follow({signal: controller.signal})
    expect(await log.next(1)).toEqual([1])
    const rest = log.rest()
    controller.abort()
    expect(await rest).toEqual([])
  })
})
