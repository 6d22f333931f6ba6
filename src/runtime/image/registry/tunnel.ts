import http, {type OutgoingHttpHeaders} from 'node:http'
import https from 'node:https'
import {isIP} from 'node:net'
import type {Duplex} from 'node:stream'
import {connect, type SecureContext, type TLSSocket} from 'node:tls'
import {RegistryFailure} from './failure.ts'
import {hostname} from './hosts.ts'

export type TunnelOptions = {
  readonly proxy: URL
  readonly url: URL
  readonly secure: {readonly secureContext: SecureContext; readonly rejectUnauthorized: boolean}
  /** What an HTTPS proxy itself is verified with. */
  readonly proxyContext: SecureContext | undefined
  readonly stall: number
  readonly signal: AbortSignal | undefined
}

/** A TLS connection to the URL's host through an HTTP proxy. The proxy sees the host's name and nothing else. */
export async function tunnel(options: TunnelOptions): Promise<TLSSocket> {
  const {url, secure} = options
  const socket = await throughProxy(options, `${url.hostname}:${url.port || '443'}`)
  const name = hostname(url.hostname)
  return connect({...secure, socket, ...(isIP(name) === 0 ? {servername: name} : {host: name})})
}

/** The user and password of the proxy's URL. */
export function proxyHeaders({username, password}: URL): OutgoingHttpHeaders {
  if (username === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}`}
}

function throughProxy({proxy, proxyContext, stall, signal}: TunnelOptions, target: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const isPlain = proxy.protocol === 'http:'
    const request = (isPlain ? http : https).request({
      method: 'CONNECT',
      host: hostname(proxy.hostname),
      port: proxy.port || (isPlain ? 80 : 443),
      path: target,
      headers: {host: target, ...proxyHeaders(proxy)},
      agent: false,
      ...(proxyContext === undefined ? {} : {secureContext: proxyContext}),
      ...(signal === undefined ? {} : {signal}),
    })
    const host = `proxy ${proxy.host}`
    const timer = setTimeout(
      () => request.destroy(new RegistryFailure({kind: 'stalled', host, milliseconds: stall}, {passing: true})),
      stall,
    )
    request.once('error', error => {
      clearTimeout(timer)
      reject(error instanceof RegistryFailure ? error : new RegistryFailure({kind: 'connection', host, error}))
    })
    request.once('connect', (reply, socket) => {
      clearTimeout(timer)
      if (reply.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(new RegistryFailure({kind: 'nonsense', host, what: `answers ${reply.statusCode} to CONNECT ${target}`}))
    })
    request.end()
  })
}
