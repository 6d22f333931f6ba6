import {BlockList, isIP} from 'node:net'
import {StackError} from '../../../base/error.ts'
import {isLoopback, toUrl} from './hosts.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The proxy for a URL as HTTP_PROXY, HTTPS_PROXY and NO_PROXY (or in lower case) say; never for loopback. */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const named = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const value = setting(environment, named)
  if (value === '' || isLoopback(url.hostname) || isExempt(url, setting(environment, 'NO_PROXY'))) return undefined
  return parseProxy(named, value)
}

function setting(environment: Environment, name: string): string {
  return (environment[name] || environment[name.toLowerCase()] || '').trim()
}

function parseProxy(name: string, value: string): URL {
  const proxy = toUrl(value.includes('://') ? value : `http://${value}`)
  if (proxy !== undefined && /^https?:$/.test(proxy.protocol) && proxy.hostname !== '') return proxy
  throw new StackError('unsupported', `${name} is not the address of an HTTP proxy`, {
    hint: `set ${name}=http://HOST:PORT`,
  })
}

/** Rules with commas between them: `*`, a domain with what lies below it, an address, a range; each with a port or not. */
export function isExempt(url: URL, rules: string): boolean {
  const host = bare(url.hostname)
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return rules
    .split(',')
    .map(each => each.trim().toLowerCase())
    .filter(Boolean)
    .some(rule => {
      const [, named = rule, wanted] = /^(\[[^\]]*\]|[^:]+):(\d+)$/.exec(rule) ?? []
      return (wanted === undefined || wanted === port) && covers(bare(named), host)
    })
}

function covers(rule: string, host: string): boolean {
  if (rule === '*') return true
  if (rule.includes('/')) return inRange(rule, host)
  const domain = rule.replace(/^\*?\./, '')
  return (rule === domain && host === domain) || host.endsWith(`.${domain}`)
}

/** Whether a host, written as an address, lies in `10.0.0.0/8`. */
export function inRange(range: string, host: string): boolean {
  const [network = '', length = ''] = range.split('/')
  const family = isIP(network)
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(length)) return false
  if (Number(length) > (family === 4 ? 32 : 128)) return false
  const name = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, Number(length), name)
  return list.check(host, name)
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '').toLowerCase()
