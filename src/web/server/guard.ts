import {createHash, timingSafeEqual} from 'node:crypto'

/** What a request says of itself. */
export type Asked = {
  readonly method: string
  readonly path: string
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
}

/** `open`: the page itself, which tells nothing; `live`: what is going on; `order`: what changes it. */
export type Kind = 'open' | 'live' | 'order'

export type Refusal = {readonly status: 401 | 403 | 404 | 405; readonly text: string}

/**
 * Why a request is not served, or undefined. A page of another site that calls itself by our address (DNS rebinding)
 * has its own name in Host; one that posts here has its own in Origin, and neither has the token.
 */
export function refusal(asked: Asked, kind: Kind | undefined, token: string): Refusal | undefined {
  if (!isOurs(asked.host)) return {status: 403, text: 'this page is at 127.0.0.1 and localhost only'}
  if (kind === undefined) return {status: 404, text: 'there is no such page'}
  if (asked.method !== (kind === 'order' ? 'POST' : 'GET')) return {status: 405, text: 'this is not how it is asked'}
  if (kind === 'open') return undefined
  if (!hasToken(asked.authorization, token)) return {status: 401, text: 'the token is missing or wrong'}
  if (kind === 'order' && asked.origin !== `http://${asked.host}`)
    return {status: 403, text: 'only the page itself may change anything'}
  return undefined
}

/** Any port: it may have been forwarded, as by `ssh -L`. */
const isOurs = (host: string | undefined): boolean =>
  host !== undefined && /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)

const hasToken = (authorization: string | undefined, token: string): boolean =>
  timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
