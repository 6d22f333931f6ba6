import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {StackError} from '../../base/error.ts'
import type {Message, Order} from '../messages.ts'
import type {Assets} from './assets.ts'
import {type Kind, refusal} from './guard.ts'
import {readOrder} from './orders.ts'
import type {createStreams} from './streams.ts'

export type Serving = {
  readonly assets: Assets
  readonly token: string
  /** 0: any that is free. */
  readonly port: number
  readonly streams: ReturnType<typeof createStreams>
  readonly everything: () => Message
  /** Begins what was ordered. Throws a StackError. */
  readonly take: (order: Order) => number
}

const host = '127.0.0.1'
/** Bytes of an order. */
const longest = 1024

const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Serves the page on loopback until it is closed. Errors: port-taken. */
export async function serve(serving: Serving): Promise<{readonly port: number; close(): Promise<void>}> {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    void answer(serving, request, response).catch(() => response.destroy())
  })
  Object.assign(server, {maxConnections: 64, headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 5000})
  await listen(server, serving.port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        serving.streams.close()
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 200)
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StackError('port-taken', `port ${port} of ${host} is taken`, {hint: 'take another one: --port N'})
          : new StackError('io', `cannot listen on ${host}:${port}`, {cause: error}),
      ),
    )
    server.listen(port, host, resolve)
  })
}

async function answer(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const {method = '', url: path = ''} = request
  const {host, origin, authorization} = request.headers
  const refused = refusal({method, path, host, origin, authorization}, kindOf(path, serving.assets), serving.token)
  if (refused !== undefined) return say(response, refused.status, refused.text)
  const asset = serving.assets[path]
  if (asset !== undefined) {
    response.writeHead(200, {'content-type': asset.type}).end(asset.content)
  } else if (path === '/events') {
    stream(serving, response)
  } else {
    await order(serving, path === '/scale' ? 'scale' : 'restart', {request, response})
  }
}

function kindOf(path: string, assets: Assets): Kind | undefined {
  if (Object.hasOwn(assets, path)) return 'open'
  if (path === '/events') return 'live'
  return path === '/scale' || path === '/restart' ? 'order' : undefined
}

function stream({streams, everything}: Serving, response: ServerResponse): void {
  if (streams.isFull) say(response, 503, 'too many pages are open')
  else streams.add(response.writeHead(200, {'content-type': 'text/event-stream'}), everything())
}

type Exchange = {readonly request: IncomingMessage; readonly response: ServerResponse}

async function order({take}: Serving, what: Order['what'], {request, response}: Exchange): Promise<void> {
  const text = await bodyOf(request)
  if (text === undefined) return say(response, 413, `an order has ${longest} bytes at most`)
  const read = readOrder(what, text)
  if (typeof read === 'string') return say(response, 400, read)
  try {
    const id = take(read)
    response.writeHead(202, {'content-type': 'application/json'}).end(JSON.stringify({id}))
  } catch (error) {
    if (!(error instanceof StackError)) throw error
    say(response, error.code === 'conflict' ? 409 : 400, error.message)
  }
}

/** undefined: it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length <= longest) chunks.push(chunk as Buffer)
    else if (length > 64 * longest) return undefined
  }
  return length > longest ? undefined : Buffer.concat(chunks).toString('utf8')
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {'content-type': 'text/plain; charset=utf-8', connection: 'close'}).end(`${text}\n`)
}
