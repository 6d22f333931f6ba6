import {Readable} from 'node:stream'
import {type Credential, textOf} from '../../../registry/auth.ts'
import {said, whole} from './body.ts'
import type {Challenge} from './challenge.ts'
import {RegistryFailure, statusFailure} from './failure.ts'
import {follow} from './follow.ts'
import {toUrl} from './hosts.ts'
import type {Body, Request, Transport} from './transport.ts'

export type TokenRequest = {
  readonly challenge: Extract<Challenge, {scheme: 'bearer'}>
  readonly scopes: readonly string[]
  readonly credential: Credential | undefined
  /** The registry that sends us there. */
  readonly registry: URL
  readonly stall: number
  readonly signal: AbortSignal | undefined
}

/** What a token server says that we are: its documentation asks for a name. */
const clientId = 'stack'

/** A token from the server that the challenge names. Errors: RegistryFailure. */
export async function fetchToken(transport: Transport, wanted: TokenRequest): Promise<string> {
  const {registry, stall} = wanted
  const realm = realmOf(wanted.challenge.realm, registry)
  const reply = await follow(transport, requestFor(realm, wanted))
  const {status, headers, url} = reply
  if (status !== 200) {
    const failure = statusFailure(url.host, status, headers, await said(reply, stall))
    if (failure.reason.kind !== 'status' || (status !== 400 && status !== 401 && status !== 403)) throw failure
    throw new RegistryFailure({kind: 'denied', host: url.host, said: failure.reason.said, status})
  }
  const token = tokenIn((await whole(reply, 1024 * 1024, stall)).toString('utf8'))
  if (token !== undefined) return token
  throw new RegistryFailure({kind: 'nonsense', host: url.host, what: 'answers a request for a token without one'})
}

/** Where credentials go: a registry that is spoken to by HTTPS cannot have them sent in the clear. */
function realmOf(realm: string, registry: URL): URL {
  const url = toUrl(realm)
  if (url !== undefined && (url.protocol === 'https:' || (url.protocol === 'http:' && registry.protocol === 'http:'))) {
    return url
  }
  throw new RegistryFailure({kind: 'nonsense', host: registry.host, what: `names "${realm}" as its token server`})
}

function requestFor(realm: URL, {challenge, scopes, credential, signal}: TokenRequest): Request {
  const url = new URL(realm)
  if (credential?.kind === 'identity') {
    const fields = {grant_type: 'refresh_token', client_id: clientId, refresh_token: credential.token}
    const service = challenge.service === undefined ? {} : {service: challenge.service}
    const form = new URLSearchParams({...fields, ...service, scope: scopes.join(' ')}).toString()
    const headers = {'content-type': 'application/x-www-form-urlencoded'}
    return {method: 'POST', url, headers, body: textBody(form), signal}
  }
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (credential?.kind !== 'password') return {method: 'GET', url, signal}
  return {method: 'GET', url, headers: {authorization: basic(credential.username, credential.password)}, signal}
}

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

export function textBody(text: string | Uint8Array): Body {
  const bytes = Buffer.from(text)
  return {size: bytes.length, open: () => Readable.from([bytes])}
}

/** A token as it can stand in a header: nothing in it ends a line. */
function tokenIn(text: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    const token = textOf(answer, 'token') || textOf(answer, 'access_token')
    return /^[\x21-\x7e]+$/.test(token) ? token : undefined
  } catch {
    return undefined
  }
}
