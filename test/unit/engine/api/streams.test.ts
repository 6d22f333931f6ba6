import fc from 'fast-check'
import {expect, test} from 'vitest'
import {demultiplex, linesOf, untilAborted} from '../../../../src/engine/api/streams.ts'

const frame = (kind: number, text: string): Buffer => {
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

async function* cut(whole: Buffer, places: readonly number[]): AsyncGenerator<Buffer> {
  const at = [0, ...[...new Set(places)].filter(place => place < whole.length).sort((a, b) => a - b), whole.length]
  for (let index = 1; index < at.length; index++) yield whole.subarray(at[index - 1], at[index])
}

test('frames are taken apart wherever the pieces were cut', async () => {
  const whole = Buffer.concat([frame(1, 'hello '), frame(2, 'oh no'), frame(1, ''), frame(1, 'wörld')])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length)), async places => {
      const said = {stdout: '', stderr: ''}
      for await (const {stream, data} of demultiplex(cut(whole, places)))
        said[stream] += Buffer.from(data).toString('latin1')
      expect(Buffer.from(said.stdout, 'latin1').toString()).toBe('hello wörld')
      expect(said.stderr).toBe('oh no')
    }),
  )
})

test('lines are whole wherever the pieces were cut', async () => {
  const whole = Buffer.from('{"a":1}\n\n{"b":"ü"}\nrest')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length)), async places => {
      const lines: string[] = []
      for await (const line of linesOf(cut(whole, places))) lines.push(line)
      expect(lines).toEqual(['{"a":1}', '{"b":"ü"}', 'rest'])
    }),
  )
})

test('a connection that breaks is an error, unless it was to end', async () => {
  async function* breaking(): AsyncGenerator<string> {
    yield 'one'
    throw new Error('broken')
  }
  const read = async (signal: AbortSignal) => {
    const all: string[] = []
    for await (const each of untilAborted(breaking(), signal)) all.push(each)
    return all
  }
  await expect(read(new AbortController().signal)).rejects.toThrow('broken')
  expect(await read(AbortSignal.abort())).toEqual(['one'])
})
