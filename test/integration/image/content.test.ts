import {type ChildProcess, spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {build} from 'esbuild'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {contentStore} from '../../../src/runtime/image/content/content.ts'
import {eventually} from '../container/machine.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-content-'))
})
afterEach(() => rmSync(directory, {recursive: true, force: true}))

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const hello = Buffer.from('hello, blob')
const wanted = {digest: digestOf(hello), size: hello.length}
const incoming = () => readdirSync(join(directory, 'blobs/incoming'))

async function* pieces(...parts: Uint8Array[]) {
  yield* parts
}

describe('a blob', () => {
  test('is there when all of it came and its digest is right', async () => {
    const content = contentStore(directory)
    const seen: number[] = []
    await content.ingest(
      wanted,
      async offset => pieces(hello.subarray(offset, 3), hello.subarray(3)),
      n => seen.push(n),
    )
    expect(Buffer.from(await content.read(wanted.digest)).toString()).toBe('hello, blob')
    expect(content.path(wanted.digest)).toBe(join(directory, 'blobs/sha256', wanted.digest.slice(7)))
    expect(seen).toEqual([0, 3, 11])
    expect(incoming()).toEqual([])
    await content.ingest(wanted, () => Promise.reject(new Error('asked again')))
  })

  test('is resumed where a broken transfer ended', async () => {
    const content = contentStore(directory)
    const broken = async function* () {
      yield hello.subarray(0, 5)
      throw new Error('connection lost')
    }
    await expect(content.ingest(wanted, async () => broken())).rejects.toThrow('connection lost')
    expect(await content.has(wanted.digest)).toBe(false)
    const offsets: number[] = []
    await content.ingest(wanted, async offset => {
      offsets.push(offset)
      return pieces(hello.subarray(offset))
    })
    expect(offsets).toEqual([5])
    expect(await content.has(wanted.digest)).toBe(true)
  })

  test('what was kept and is wrong is thrown away, and asked for from the beginning', async () => {
    const content = contentStore(directory)
    mkdirSync(join(directory, 'blobs/incoming'), {recursive: true})
    writeFileSync(join(directory, 'blobs/incoming', wanted.digest.slice(7)), 'wrong')
    await content.ingest(wanted, async offset => pieces(hello.subarray(offset)))
    expect(await content.has(wanted.digest)).toBe(true)
  })

  test.each([
    ['other bytes', Buffer.from('hello, flop'), 'what came has the digest'],
    ['more bytes', Buffer.from('hello, blob!'), 'more bytes came than the 11'],
  ])('%s: refused, nothing left', async (_what, bytes, message) => {
    const content = contentStore(directory)
    await expect(content.ingest(wanted, async () => pieces(bytes))).rejects.toMatchObject({
      code: 'image-failed',
      message: expect.stringContaining(message),
    })
    expect(await content.has(wanted.digest)).toBe(false)
    expect(incoming()).toEqual([])
  })

  test('fewer bytes: refused, what came is kept', async () => {
    const content = contentStore(directory)
    await expect(content.ingest(wanted, async () => pieces(hello.subarray(0, 4)))).rejects.toThrow('4 bytes came')
    expect(statSync(join(directory, 'blobs/incoming', wanted.digest.slice(7))).size).toBe(4)
  })

  test.each(['sha256:../../etc/passwd', 'md5:00', `sha256:${'A'.repeat(64)}`])('%s is no digest', async digest => {
    await expect(contentStore(directory).ingest({digest, size: 1}, async () => pieces())).rejects.toThrow(
      'not a sha256',
    )
  })

  test('damaged on disk, it is not read', async () => {
    const content = contentStore(directory)
    await content.ingest(wanted, async () => pieces(hello))
    writeFileSync(content.path(wanted.digest), 'hello, flop')
    await expect(content.read(wanted.digest)).rejects.toThrow('damaged on disk')
  })
})

/** A process of its own that ingests a blob of `size` zeros, slowly, and tells how often it was asked for bytes. */
async function program(): Promise<string> {
  const file = join(directory, 'program.mjs')
  await build({
    stdin: {
      contents: `
        import {contentStore} from './src/runtime/image/content/content.ts'
        const [directory, digest, size, wait] = process.argv.slice(2)
        const from = async offset => (async function* () {
          process.stdout.write('from ' + offset + '\\n')
          for (let at = offset; at < Number(size); at += 65536) {
            await new Promise(resolve => setTimeout(resolve, Number(wait)))
            yield Buffer.alloc(Math.min(65536, Number(size) - at))
          }
        })()
        await contentStore(directory).ingest({digest, size: Number(size)}, from)
        process.stdout.write('done\\n')`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: file,
  })
  return file
}

function start(file: string, args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [file, ...args], {stdio: ['ignore', 'pipe', 'inherit']})
  let text = ''
  child.stdout!.on('data', (part: Buffer) => {
    text += part.toString()
  })
  return {child, text: () => text, ended: once(child, 'close')}
}

describe('several processes', () => {
  const size = 20 * 65536
  const digest = digestOf(Buffer.alloc(size))

  test('that want the same blob: one transfers it, the others find it there', async () => {
    const file = await program()
    const all = [1, 2, 3, 4].map(() => start(file, [directory, digest, String(size), '5']))
    await Promise.all(all.map(each => each.ended))
    expect(
      all
        .map(each => each.text())
        .join('')
        .match(/from 0/g),
    ).toHaveLength(1)
    expect(all.every(each => each.text().endsWith('done\n'))).toBe(true)
  })

  test('killed at any moment: the next one goes on and ends with the right bytes', async () => {
    const file = await program()
    for (const bytes of [1, 5, 12]) {
      const one = start(file, [directory, digest, String(size), '20'])
      const partial = join(directory, 'blobs/incoming', digest.slice(7))
      await eventually(() => existsSync(partial) && statSync(partial).size >= bytes * 65536, 'some of it is there')
      one.child.kill('SIGKILL')
      await one.ended
      expect(await contentStore(directory).has(digest)).toBe(false)
    }
    const last = start(file, [directory, digest, String(size), '0'])
    await last.ended
    expect(last.text()).toMatch(/^from [1-9]\d+\ndone\n$/)
    expect(digestOf(readFileSync(contentStore(directory).path(digest)))).toBe(digest)
  })
})
