import {discard} from './body.ts'
import {RegistryFailure} from './failure.ts'
import {toUrl} from './hosts.ts'
import type {Reply, Request, Transport} from './transport.ts'

const redirects = new Set([301, 302, 303, 307, 308])
const furthest = 5

/**
 * Sends a request and follows what it is redirected to. Authorization stays with the host that it is for. Only reading
 * is redirected: what is written goes where we said. Errors: RegistryFailure.
 */
export async function follow(transport: Transport, request: Request): Promise<Reply> {
  let at = request
  for (let hops = 0; ; hops++) {
    const reply = await transport.send(at)
    if (!redirects.has(reply.status) || (at.method !== 'GET' && at.method !== 'HEAD')) return reply
    discard(reply)
    if (hops === furthest) throw nonsense(at.url, `redirects more than ${furthest} times`)
    at = next(at, reply.headers.location)
  }
}

function next(request: Request, location: string | undefined): Request {
  const url = location === undefined ? undefined : toUrl(location, request.url)
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw nonsense(request.url, 'redirects to nowhere')
  if (url.protocol === 'http:' && request.url.protocol === 'https:') {
    throw nonsense(request.url, `redirects from HTTPS to http://${url.host}`)
  }
  return {...request, url, headers: headersFor(url, request)}
}

/** The headers of a request when it goes to another URL. */
export function headersFor(url: URL, {url: from, headers = {}}: Pick<Request, 'url' | 'headers'>) {
  if (url.origin === from.origin) return headers
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}

const nonsense = (url: URL, what: string) => new RegistryFailure({kind: 'nonsense', host: url.host, what})
