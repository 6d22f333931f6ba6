import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {Socket} from 'node:net'
import {StackError} from '../../base/error.ts'
import {batchRoute} from './batch.ts'
import {errorBody, statusOf} from './errors.ts'
import {plain, upgradeBody, upgraded} from './hijack.ts'
import {type Reply, type Request, type RequestLine, type Route, router} from './router.ts'
import {versionOf} from './version.ts'

export type ServerOptions = {
  readonly routes: readonly Route[]
  readonly headers: Readonly<Record<string, string>>
  /** Told when a request begins and when its connection's work ends, so that the daemon knows when it is idle. */
  readonly busy: (change: 1 | -1) => void
  readonly failed: (error: unknown, request: string) => void
}

/** An HTTP server for the routes, with Docker's error shape; the caller makes it listen. */
export function apiServer(options: ServerOptions): Server {
  const find = router([...options.routes, batchRoute({resolve, failed: options.failed})])
  const server = createServer({requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 60_000}, (raw, response) => {
    options.busy(1)
    response.once('close', () => options.busy(-1))
    void answer(raw, response)
  })
  server.on('upgrade', (raw: IncomingMessage, socket: Socket, head: Buffer) => {
    options.busy(1)
    socket.once('close', () => options.busy(-1))
    void upgrade(raw, socket, head)
  })

  async function answer(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(options.headers)) response.setHeader(name, value)
    try {
      const {match, request} = resolve(raw, lineOf(raw), async () => parsed(await readAll(raw)))
      if ('hijack' in match.route) await match.route.hijack(request, plain(raw))
      else await match.route.handle(request, replyTo(response))
    } catch (error) {
      if (statusOf(error) === 500) options.failed(error, `${raw.method} ${raw.url}`)
      if (response.headersSent || response.socket?.writableLength === undefined) return void response.destroy()
      sendJson(response, statusOf(error), statusOf(error) === 304 ? undefined : errorBody(error))
    }
  }

  async function upgrade(raw: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    try {
      const {body, rest} = await upgradeBody(raw, socket, head)
      const {match, request} = resolve(raw, lineOf(raw), async () => parsed(body))
      if (!('hijack' in match.route)) throw new StackError('bad-request', 'this path can not be upgraded')
      await match.route.hijack(request, upgraded(socket, rest))
    } catch (error) {
      if (socket.bytesWritten > 0 || socket.destroyed) return void socket.destroy()
      const text = JSON.stringify(errorBody(error))
      socket.end(
        `HTTP/1.1 ${statusOf(error)} Error\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
      )
    }
  }

  function resolve(raw: IncomingMessage, {method, url: address}: RequestLine, json: () => Promise<unknown>) {
    const url = new URL(address, 'http://localhost')
    const path = versionOf(url.pathname)
    const match = find(method === 'HEAD' && path !== '/_ping' ? 'GET' : method, path)
    if (match === undefined) throw new StackError('not-found', 'page not found')
    const parts = {raw, path, method, params: match.params, query: url.searchParams}
    return {match, request: {...parts, json: json as Request['json']}}
  }

  return server
}

const lineOf = ({method = 'GET', url = '/'}: IncomingMessage): RequestLine => ({method, url})

function parsed(body: Buffer): unknown {
  const text = body.toString('utf8').trim()
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new StackError('bad-request', 'the body is not JSON', {cause})
  }
}

function replyTo(response: ServerResponse): Reply {
  let gone: AbortController | undefined
  return {
    raw: response,
    // Few routes ask, and each abort costs an error with its stack.
    get gone() {
      if (gone === undefined) {
        const controller = new AbortController()
        gone = controller
        response.once('close', () => controller.abort())
      }
      return gone.signal
    },
    json: (status, body) => sendJson(response, status, body),
    empty: status => sendJson(response, status, undefined),
    stream(status, contentType) {
      response.writeHead(status, {'Content-Type': contentType})
      response.flushHeaders()
      return response
    },
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (body === undefined) return void response.writeHead(status).end()
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text)}).end(text)
}

async function readAll(raw: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of raw) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
