import type {IncomingMessage, ServerResponse} from 'node:http'
import type {Hijack} from './hijack.ts'

/** One request, as a route sees it: the path's parts decoded, the query, the body on demand. */
export type Request = {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly raw: IncomingMessage
  /** The parsed JSON body; {} where there is none. Errors: bad-request. */
  json<T>(): Promise<T>
}

/** Fires when the client is gone, whatever the state of the answer. */
export type Reply = {
  readonly raw: ServerResponse
  readonly gone: AbortSignal
  json(status: number, body: unknown): void
  empty(status: number): void
  /** Sends the headers now and gives what follows to the route. */
  stream(status: number, contentType: string): ServerResponse
}

/** Which route, and with what: the address is a path with its query. */
export type RequestLine = {readonly method: string; readonly url: string}

export type Handler = (request: Request, reply: Reply) => void | Promise<void>
/** Takes the connection over; `hijack` answers with 101 or 200 and gives a raw duplex. */
export type HijackHandler = (request: Request, hijack: Hijack) => Promise<void>

export type Route =
  | {readonly method: string; readonly pattern: string; readonly handle: Handler}
  | {readonly method: string; readonly pattern: string; readonly hijack: HijackHandler}

export type Match = {readonly route: Route; readonly params: Readonly<Record<string, string>>}

type Compiled = {readonly route: Route; readonly expression: RegExp; readonly names: readonly string[]}

/**
 * Finds the route of a method and a path. In a pattern `{name}` is one segment and `{name*}` any number of them, since
 * the names of images have slashes.
 */
export function router(routes: readonly Route[]): (method: string, path: string) => Match | undefined {
  const compiled = routes.map(compile)
  return (method, path) => {
    for (const {route, expression, names} of compiled) {
      if (route.method !== method) continue
      const found = expression.exec(path)
      if (found)
        return {route, params: Object.fromEntries(names.map((name, at) => [name, decode(found[at + 1] ?? '')]))}
    }
    return undefined
  }
}

function compile(route: Route): Compiled {
  const names: string[] = []
  const source = route.pattern.replace(/\{(\w+)(\*?)\}/g, (_whole, name: string, many: string) => {
    names.push(name)
    return many ? '(.+)' : '([^/]+)'
  })
  return {route, expression: new RegExp(`^${source}$`), names}
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
