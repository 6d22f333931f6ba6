import {RegistryFailure} from './failure.ts'
import type {Reply} from './transport.ts'

/** What must come within the stall time for the connection to count as alive. */
const trickle = 1024

/** An answer's bytes. Errors: RegistryFailure where they break off, or come slower than anybody can wait for. */
export async function* chunks({body, url}: Reply, stall: number): AsyncGenerator<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]()
  let [waited, came] = [0, 0]
  try {
    while (true) {
      const began = performance.now()
      const next = await timely(iterator.next(), Math.max(1, stall - waited), url.host, stall)
      if (next.done) return
      waited += performance.now() - began
      came += next.value.length
      if (came >= trickle) [waited, came] = [0, 0]
      yield next.value
    }
  } catch (error) {
    if (!(error instanceof Error) || error instanceof RegistryFailure || error.name === 'AbortError') throw error
    throw new RegistryFailure({kind: 'connection', host: url.host, error}, {passing: true})
  } finally {
    body.destroy()
  }
}

function timely<T>(promise: Promise<T>, milliseconds: number, host: string, stall: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new RegistryFailure({kind: 'stalled', host, milliseconds: stall}, {passing: true})),
      milliseconds,
    )
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** All of a small answer. Errors: RegistryFailure, also where it is larger than `limit`. */
export async function whole(reply: Reply, limit: number, stall: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of chunks(reply, stall)) {
    size += part.length
    if (size > limit) {
      throw new RegistryFailure({kind: 'nonsense', host: reply.url.host, what: `sends more than ${limit} bytes`})
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** The beginning of what an answer that failed says; nothing where that does not come. */
export async function said(reply: Reply, stall: number): Promise<string> {
  try {
    return (await whole(reply, 64 * 1024, Math.min(stall, 5000))).toString('utf8')
  } catch {
    return ''
  }
}

/** Leaves an answer unread; a small one is drained, so that its connection serves again. */
export function discard({body, headers}: Reply): void {
  body.on('error', () => undefined)
  if (Number(headers['content-length'] ?? Number.NaN) <= 64 * 1024) body.resume()
  else body.destroy()
}
