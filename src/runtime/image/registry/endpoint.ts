import type {Found} from '../../../registry/auth.ts'
import {type Authorization, openAuthorization} from './authorization.ts'
import {discard, said} from './body.ts'
import {RegistryFailure, statusFailure} from './failure.ts'
import {follow} from './follow.ts'
import {isLoopback} from './hosts.ts'
import {type Patience, retrying} from './retry.ts'
import type {Place} from './settings.ts'
import type {Body, Reply, Request, Transport} from './transport.ts'

export type Call = {
  readonly method: Request['method']
  /** Below the repository: `manifests/7`; or a URL that the registry gave. */
  readonly to: string | URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
  /** The answers that are wanted; anything else is an error. */
  readonly expect: readonly number[]
}

/** One repository at one place: the registry itself or a mirror. */
export type Endpoint = {
  readonly host: string
  readonly patience: Patience
  /** Errors: RegistryFailure, once it is no use to try again. */
  call(call: Call): Promise<Reply>
  /** The same, tried once. */
  once(call: Call): Promise<Reply>
}

export type EndpointOptions = {
  readonly transport: Transport
  readonly place: Place
  readonly path: string
  readonly scopes: readonly string[]
  readonly find: () => Promise<Found>
  readonly isInsecure: (host: string) => boolean
  readonly patience: Patience
  readonly signal: AbortSignal | undefined
}

/** A token may be too old, and the next one of a server that is not in step too. */
const furthestRounds = 3

export function openEndpoint(options: EndpointOptions): Endpoint {
  const {transport, place, patience, signal} = options
  let opened: Promise<{base: URL; authorization: Authorization}> | undefined

  async function open() {
    const base = await baseOf(options)
    const {scopes, find} = options
    const {stall} = patience
    return {base, authorization: openAuthorization({transport, registry: base, scopes, find, stall, signal})}
  }

  function ready() {
    opened ??= open().catch(error => {
      opened = undefined
      throw error
    })
    return opened
  }

  async function once({method, to, headers, body, expect}: Call): Promise<Reply> {
    const {base, authorization} = await ready()
    const url = to instanceof URL ? to : new URL(to, base)
    const isOurs = url.origin === base.origin
    for (let round = 1; ; round++) {
      const used = isOurs ? authorization.current() : undefined
      const shown = used === undefined ? {} : {authorization: used}
      const reply = await follow(transport, {
        method,
        url,
        headers: {...headers, ...shown},
        signal,
        ...(body === undefined ? {} : {body}),
      })
      if (expect.includes(reply.status)) return reply
      const mayRenew = reply.status === 401 && isOurs && reply.url.origin === base.origin && round < furthestRounds
      if (!mayRenew) throw await failureOf(reply, patience.stall)
      const text = await said(reply, patience.stall)
      if (!(await authorization.renew(reply.headers['www-authenticate'], used))) {
        throw statusFailure(reply.url.host, 401, reply.headers, text)
      }
    }
  }

  return {host: place.host, patience, once, call: call => retrying(patience, signal, () => once(call))}
}

async function failureOf(reply: Reply, stall: number): Promise<RegistryFailure> {
  return statusFailure(reply.url.host, reply.status, reply.headers, await said(reply, stall))
}

/** HTTPS; a host that may do without is asked whether it has it. */
async function baseOf({transport, place, path, isInsecure, patience, signal}: EndpointOptions): Promise<URL> {
  const {host, prefix, scheme} = place
  const at = (chosen: string) => new URL(`${chosen}://${host}/v2/${prefix}${path}/`)
  if (scheme !== undefined) return at(scheme)
  if (!isLoopback(host) && !isInsecure(host)) return at('https')
  try {
    const attempt = () => transport.send({method: 'GET', url: new URL('/v2/', at('https')), signal})
    discard(await retrying({...patience, attempts: 1}, signal, attempt))
    return at('https')
  } catch (error) {
    if (!(error instanceof RegistryFailure) || error.reason.kind !== 'connection') throw error
    return at('http')
  }
}
