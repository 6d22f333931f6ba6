import {expect, test} from 'vitest'
import type {LogChunk} from '../../../src/engine/engine.ts'
import {Lines} from '../../../src/ui/lines.ts'
import {LogPrinter} from '../../../src/ui/logs.ts'
import {createStyle} from '../../../src/ui/style.ts'
import {Sink} from './sink.ts'

const out = (text: string): LogChunk => ({stream: 'stdout', data: Buffer.from(text)})
const err = (text: string): LogChunk => ({stream: 'stderr', data: Buffer.from(text)})

async function* chunks(...all: LogChunk[]): AsyncIterable<LogChunk> {
  yield* all
}

function printer({prefix = true, colours = false, names = ['web-1', 'database-1']} = {}) {
  const [stdout, stderr] = [new Sink(), new Sink()]
  return {stdout, stderr, printer: new LogPrinter({stdout, stderr, prefix, style: createStyle(colours)}, names)}
}

test('each line gets the name of its container, padded to the longest', async () => {
  const {stdout, printer: logs} = printer()
  await logs.copy('web-1', chunks(out('one\ntwo\n')))
  await logs.copy('database-1', chunks(out('three\n')))
  expect(stdout.text).toBe('web-1       | one\nweb-1       | two\ndatabase-1  | three\n')
})

test('parts of a line are joined, and what has no end at the end is printed', async () => {
  const {stdout, printer: logs} = printer({names: ['web-1']})
  await logs.copy('web-1', chunks(out('hel'), out('lo\nwor'), out('ld')))
  expect(stdout.text).toBe('web-1  | hello\nweb-1  | world\n')
})

test('the two streams are kept apart, also in the middle of a line', async () => {
  const {stdout, stderr, printer: logs} = printer({names: ['web-1']})
  await logs.copy('web-1', chunks(out('to be '), err('oops\n'), out('continued\n')))
  expect(stdout.text).toBe('web-1  | to be continued\n')
  expect(stderr.text).toBe('web-1  | oops\n')
})

test('without prefix the lines are as they were', async () => {
  const {stdout, printer: logs} = printer({prefix: false})
  await logs.copy('web-1', chunks(out('one\n')))
  expect(stdout.text).toBe('one\n')
})

test('each container has a colour of its own', async () => {
  const {stdout, printer: logs} = printer({colours: true})
  await logs.copy('web-1', chunks(out('one\n')))
  await logs.say('database-1', 'exited with code 3')
  expect(stdout.text).toBe('\u001b[36mweb-1       | \u001b[39mone\n\u001b[33mdatabase-1 exited with code 3\u001b[39m\n')
})

test('characters that were cut in two come out whole', () => {
  const lines = new Lines()
  const bytes = Buffer.from('grün\n')
  expect(lines.add(bytes.subarray(0, 3))).toEqual([])
  expect(lines.add(bytes.subarray(3))).toEqual(['grün'])
})

test('a line without end is printed in pieces instead of being kept', () => {
  const lines = new Lines()
  expect(lines.add(Buffer.alloc((1 << 20) + 1, 'x'))).toHaveLength(1)
  expect(lines.end()).toEqual([])
})
