import {isIPv4} from 'node:net'

/** Whether a host (of a URL, or `HOST:PORT`) is this machine by its very name: no resolver is asked. */
export function isLoopback(host: string): boolean {
  const name = hostname(host)
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'))
}

/** `HOST:PORT`, `HOST` and `[::1]:PORT` without port and brackets, in lower case. */
export function hostname(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)
  return (bracketed?.[1] ?? host.replace(/:\d*$/, '')).toLowerCase()
}

export const toUrl = (text: string, base?: URL): URL | undefined =>
  URL.canParse(text, base?.href) ? new URL(text, base) : undefined
