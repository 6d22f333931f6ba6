import http, {type IncomingHttpHeaders, type IncomingMessage, type RequestOptions} from 'node:http'
import https from 'node:https'
import {pipeline, type Readable} from 'node:stream'
import {errnoOf} from '../../../base/error.ts'
import {RegistryFailure} from './failure.ts'
import {hostname} from './hosts.ts'
import {proxyFor} from './proxy.ts'
import type {Patience} from './retry.ts'
import {trustFor} from './trust.ts'
import {proxyHeaders, tunnel} from './tunnel.ts'

export type Request = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
  readonly signal?: AbortSignal | undefined
}

export type Body = {readonly size: number; open(): Readable}

/** `body` must be read or given to `discard`. */
export type Reply = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingMessage
  readonly url: URL
}

export type Transport = {
  /** One request, no redirects followed. Errors: RegistryFailure, where no answer came. */
  send(request: Request): Promise<Reply>
  close(): void
}

export type TransportOptions = {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly certificates: readonly string[]
  readonly patience: Pick<Patience, 'stall'>
  /** Hosts whose certificates are not verified. */
  readonly isInsecure: (host: string) => boolean
  /** Hosts that may be spoken to without TLS. */
  readonly mayBePlain: (host: string) => boolean
}

/** HTTP and HTTPS, through a proxy where one is set, with connections kept until `close`. */
export function openTransport({
  environment,
  certificates,
  patience,
  isInsecure,
  mayBePlain,
}: TransportOptions): Transport {
  const agents = new Map<string, Promise<http.Agent>>()
  const opened: http.Agent[] = []

  const kept = <A extends http.Agent>(agent: A): A => {
    opened.push(agent)
    return agent
  }

  async function secureAgent(url: URL): Promise<http.Agent> {
    const secureContext = await trustFor(url.host, environment, certificates)
    return kept(new https.Agent({keepAlive: true, secureContext, rejectUnauthorized: !isInsecure(url.host)}))
  }

  function agentFor(url: URL): Promise<http.Agent> {
    const found = agents.get(url.origin)
    if (found !== undefined) return found
    const made = url.protocol === 'https:' ? secureAgent(url) : Promise.resolve(kept(new http.Agent({keepAlive: true})))
    agents.set(url.origin, made)
    return made
  }

  async function optionsFor({method, url, headers, signal}: Request): Promise<RequestOptions> {
    const protocol = url.protocol
    const common = {protocol, method, ...(signal === undefined ? {} : {signal})}
    const target = {host: hostname(url.hostname), port: url.port, path: `${url.pathname}${url.search}`}
    const proxy = proxyFor(url, environment)
    if (proxy === undefined) return {...common, ...target, headers: {...headers}, agent: await agentFor(url)}
    if (url.protocol === 'http:') {
      const through = {host: hostname(proxy.hostname), port: proxy.port, path: url.href}
      const own = {protocol: proxy.protocol, headers: {...headers, host: url.host, ...proxyHeaders(proxy)}}
      return {...common, ...through, ...own, agent: await agentFor(proxy)}
    }
    const secureContext = await trustFor(url.host, environment, certificates)
    const socket = await tunnel({
      proxy,
      url,
      secure: {secureContext, rejectUnauthorized: !isInsecure(url.host)},
      proxyContext: proxy.protocol === 'https:' ? await trustFor(proxy.host, environment, certificates) : undefined,
      stall: patience.stall,
      signal,
    })
    return {...common, ...target, headers: {...headers}, createConnection: () => socket}
  }

  return {
    async send(request) {
      const {url, signal} = request
      signal?.throwIfAborted()
      if (url.protocol === 'http:' && !mayBePlain(url.host)) {
        throw new RegistryFailure({kind: 'nonsense', host: url.host, what: 'is asked for by HTTP, which is not secure'})
      }
      const options = await optionsFor(request).catch(error => {
        throw signal?.aborted ? signal.reason : asFailure(url.host, error)
      })
      return await exchange(request, options, patience.stall)
    },
    close() {
      for (const each of opened) each.destroy()
    },
  }
}

function exchange({url, body, signal}: Request, options: RequestOptions, stall: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? options.headers : {...options.headers, 'content-length': String(body.size)}
    const outgoing = (options.protocol === 'http:' ? http : https).request({...options, headers})
    const giveUp = () =>
      outgoing.destroy(new RegistryFailure({kind: 'stalled', host: url.host, milliseconds: stall}, {passing: true}))
    let timer = setTimeout(giveUp, stall)
    let isAnswered = false
    outgoing.on('error', error => {
      clearTimeout(timer)
      reject(signal?.aborted ? signal.reason : asFailure(url.host, error))
    })
    outgoing.on('response', incoming => {
      isAnswered = true
      clearTimeout(timer)
      resolve({status: incoming.statusCode ?? 0, headers: incoming.headers, body: incoming, url})
    })
    if (body === undefined) return void outgoing.end()
    const source = body.open().on('data', () => timer.refresh())
    pipeline(source, outgoing, error => {
      if (isAnswered) return
      if (error) return void outgoing.destroy(error)
      // The registry now hashes and stores what it was given.
      clearTimeout(timer)
      timer = setTimeout(giveUp, stall * 10)
    })
  })
}

const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH/
const hopeless = new Set(['ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EPROTO'])

function asFailure(host: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RegistryFailure || error.name === 'StackError') return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (certificateCode.test(code)) return new RegistryFailure({kind: 'certificate', host, error})
  if (/^ERR_(?!SSL|TLS|STREAM)/.test(code)) return error
  return new RegistryFailure({kind: 'connection', host, error}, {passing: !hopeless.has(errnoOf(error) ?? code)})
}
