import {spawn} from 'node:child_process'
import type {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGunzip} from 'node:zlib'
import {StackError} from '../../base/error.ts'

/** Unpacks what a client sent as its context: a tar archive, compressed by gzip or not. Never outside the directory. */
export async function unpackContext(body: Readable, directory: string): Promise<void> {
  const child = spawn('tar', ['-C', directory, '--no-same-owner', '-xpf', '-'], {stdio: ['pipe', 'ignore', 'pipe']})
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', code => resolve(code ?? 1))
  })
  const first = await firstOf(body)
  const isGzip = first[0] === 0x1f && first[1] === 0x8b
  const sent = isGzip ? pipeline(body, createGunzip(), child.stdin) : pipeline(body, child.stdin)
  // Where tar gives up, it says more than the pipe that broke.
  await sent.catch(() => undefined)
  if ((await ended) === 0) return
  throw new StackError('bad-request', `the build context is no tar archive: ${said.join('').trim().split('\n').at(-1)}`)
}

async function firstOf(body: Readable): Promise<Buffer> {
  await new Promise<void>(resolve => body.once('readable', resolve).once('end', resolve))
  const piece: unknown = body.read()
  if (!Buffer.isBuffer(piece)) return Buffer.alloc(0)
  body.unshift(piece)
  return piece
}
