import fc from 'fast-check'
import {expect, test} from 'vitest'
import {StackError} from '../../../../../src/base/error.ts'
import {decompressed} from '../../../../../src/runtime/image/unpack/decompress.ts'
import {limitsFrom} from '../../../../../src/runtime/image/unpack/limits.ts'
import {cleanPath, markOf} from '../../../../../src/runtime/image/unpack/path.ts'
import {tarEntries} from '../../../../../src/runtime/image/unpack/tar/entries.ts'
import {paxTime} from '../../../../../src/runtime/image/unpack/tar/pax.ts'
import {tarOf} from '../../../../support/tar.ts'

const limits = {headerBytes: 1 << 16, entries: 100}

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
  const found: string[] = []
  for await (const {entry, data} of tarEntries(stream, limits)) {
    let text = ''
    for await (const piece of data) text += piece.toString('latin1')
    found.push(`${entry.kind} ${entry.path} ${text}`)
  }
  return found
}

const archive = tarOf(
  {name: 'a', data: 'one'},
  {name: 'b', data: 'x'.repeat(513), pax: {path: 'long/b', mtime: '1.5', 'SCHILY.xattr.user.a': 'v'}},
  {name: 'c', type: '2', link: 'a'},
  {name: 'd', data: 'ab', pax: {'GNU.sparse.size': '10', 'GNU.sparse.map': '0,1,5,1'}},
)
const expected = ['file a one', `file long/b ${'x'.repeat(513)}`, 'symlink c ', 'file d ab']

test.each([1, 7, 511, 512, 513, 100_000])('an archive that comes in pieces of %i bytes', async size => {
  expect(await read(inPieces(archive, size))).toEqual(expected)
})

test('an entry whose bytes nobody reads is skipped', async () => {
  const names: string[] = []
  for await (const {entry} of tarEntries(inPieces(archive, 100), limits)) names.push(entry.path)
  expect(names).toEqual(['a', 'long/b', 'c', 'd'])
})

test('an archive may end with the last byte of its last file, and not before', async () => {
  const one = tarOf({name: 'a', data: 'one'})
  expect(await read(inPieces(one.subarray(0, 512 + 3), 100))).toEqual(['file a one'])
  await expect(read(inPieces(one.subarray(0, 512 + 2), 100))).rejects.toThrow('it ends within a file')
})

test('whatever bytes are wrong, it ends, and with nothing but an error of ours', async () => {
  const change = fc.record({at: fc.nat(archive.length - 1), byte: fc.nat(255)})
  await fc.assert(
    fc.asyncProperty(fc.array(change, {minLength: 1, maxLength: 6}), fc.nat(archive.length), async (changes, end) => {
      const bytes = Buffer.from(archive)
      for (const {at, byte} of changes) bytes[at] = byte
      for (const each of [bytes, bytes.subarray(0, end)]) {
        const outcome = await read(inPieces(each, 300)).catch((error: unknown) => error)
        expect(Array.isArray(outcome) || outcome instanceof StackError).toBe(true)
      }
    }),
    {numRuns: 300},
  )
})

test('nor by bytes that say they are zstd', async () => {
  const magic = Buffer.from('28b52ffd', 'hex')
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({maxLength: 200}), async rest => {
      const read = async () => {
        for await (const _ of decompressed(inPieces(Buffer.concat([magic, rest]), 9)));
      }
      const failure = await read().catch((error: unknown) => error)
      expect(failure === undefined || failure instanceof StackError).toBe(true)
    }),
    {numRuns: 300},
  )
})

test('a path is below the root, or refused', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('..', '.', '', 'a', '.wh.b', '...')), parts => {
      const path = parts.join('/')
      if (parts.includes('..')) expect(() => cleanPath(path)).toThrow('leads upwards')
      else expect(cleanPath(path)).toMatch(/^([^/]+(\/[^/]+)*)?$/)
    }),
  )
})

test.each([
  ['a/.wh.b', {kind: 'whiteout', path: 'a/b'}],
  ['.wh.b', {kind: 'whiteout', path: 'b'}],
  ['a/.wh..wh..opq', {kind: 'opaque', path: 'a'}],
  ['.wh..wh..opq', {kind: 'opaque', path: ''}],
  ['.wh..wh.plnk/x', {kind: 'ignored'}],
  ['.wh..b', {kind: 'whiteout', path: '.b'}],
  ['a/wh.b', undefined],
])('%s', (path, mark) => expect(markOf(path)).toEqual(mark))

test.each([
  ['1.5', {seconds: 1, nanoseconds: 500_000_000}],
  ['-1.25', {seconds: -2, nanoseconds: 750_000_000}],
  ['-3', {seconds: -3, nanoseconds: 0}],
  ['12.0000000019', {seconds: 12, nanoseconds: 1}],
])('the time %s', (text, time) => expect(paxTime(text)).toEqual(time))

test('limits are those of the environment', () => {
  expect(limitsFrom({})).toMatchObject({bytes: 64 * 2 ** 30, entries: 2_000_000})
  expect(limitsFrom({STACK_IMAGE_MAX_BYTES: '1m', STACK_IMAGE_MAX_ENTRIES: '5'})).toMatchObject({
    bytes: 2 ** 20,
    entries: 5,
  })
  expect(() => limitsFrom({STACK_IMAGE_MAX_BYTES: 'much'})).toThrow('STACK_IMAGE_MAX_BYTES must be a size')
})
