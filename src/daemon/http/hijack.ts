import type {IncomingMessage} from 'node:http'
import type {Socket} from 'node:net'
import {Duplex} from 'node:stream'

/** A connection that a route takes over. */
export type Hijack = {
  /** Answers (101 to an upgrade, else 200 until the connection closes) and gives both directions, raw. */
  accept(contentType: string): Duplex
  /** Fires when the client closed both directions. A half-close (its stdin ended) does not. */
  readonly gone: AbortSignal
}

/** The content types of the attach, exec and log streams since API 1.42. */
export const multiplexed = 'application/vnd.docker.multiplexed-stream'
export const rawStream = 'application/vnd.docker.raw-stream'

/** For a request with `Connection: Upgrade`: `rest` is what came behind its body. */
export function upgraded(socket: Socket, rest: Buffer): Hijack {
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  socket.on('error', () => socket.destroy())
  return {
    gone: gone.signal,
    accept(contentType) {
      socket.write(
        `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
      )
      if (rest.length > 0) socket.unshift(rest)
      return socket
    },
  }
}

/** For a plain request: an answer without length or chunks, and nothing to read. */
export function plain(request: IncomingMessage): Hijack {
  const {socket} = request
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  return {
    gone: gone.signal,
    accept(contentType) {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nConnection: close\r\n\r\n`)
      return new Duplex({
        read() {
          this.push(null)
        },
        write: (chunk, _encoding, done) => void (socket.write(chunk) ? done() : socket.once('drain', done)),
        final: done => void socket.end(done),
        destroy: (error, done) => {
          socket.destroy()
          done(error)
        },
      })
    },
  }
}

/**
 * The body of an upgrade request. Node up to 24 leaves it in `head` and on the socket; from 25 on it is on the request.
 */
export async function upgradeBody(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<{body: Buffer; rest: Buffer}> {
  const length = Number(request.headers['content-length'] ?? 0)
  if (Number(process.versions.node.split('.')[0]) >= 25) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    return {body: Buffer.concat(chunks), rest: head}
  }
  if (request.headers['transfer-encoding'] === 'chunked') return chunkedBody(socket, head)
  let all = head
  while (all.length < length) all = Buffer.concat([all, await nextChunk(socket)])
  return {body: all.subarray(0, length), rest: all.subarray(length)}
}

/** Docker's Go client sends the JSON of an exec chunked. */
async function chunkedBody(socket: Socket, head: Buffer): Promise<{body: Buffer; rest: Buffer}> {
  let all = head
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const end = all.indexOf('\r\n', at)
    if (end < 0) {
      all = Buffer.concat([all, await nextChunk(socket)])
      continue
    }
    const size = Number.parseInt(all.toString('latin1', at, end), 16)
    while (all.length < end + 2 + size + 2) all = Buffer.concat([all, await nextChunk(socket)])
    if (size === 0) return {body: Buffer.concat(parts), rest: all.subarray(end + 4)}
    parts.push(all.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}

function nextChunk(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      socket.off('data', onData).off('end', onEnd)
      socket.pause()
      act()
    }
    const onData = (chunk: Buffer) => settle(() => resolve(chunk))
    const onEnd = () => settle(() => reject(new Error('the request ended inside its body')))
    socket.on('data', onData).on('end', onEnd)
    socket.resume()
  })
}
