import {readFile} from 'node:fs/promises'
import {errnoOf, StackError} from '../../../base/error.ts'
import {member} from '../../../base/foreign.ts'
import {hostname, toUrl} from './hosts.ts'
import {inRange} from './proxy.ts'

/** Where a registry's images are asked for: `/v2/` of this host. */
export type Place = {
  /** `HOST` or `HOST:PORT`. */
  readonly host: string
  /** As configured; where none is, `https`, and see `insecure`. */
  readonly scheme?: 'http' | 'https'
  /** What stands before a repository there: `hub/`. */
  readonly prefix: string
}

export type RegistrySettings = {
  /** By registry as a reference names it, asked in order before the registry itself. */
  readonly mirrors: ReadonlyMap<string, readonly Place[]>
  /** `HOST`, `HOST:PORT`, or ranges of addresses: their certificates are not verified, and HTTP will do. */
  readonly insecure: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

const ordinaryFile = '/etc/stack/registries.json'

/**
 * `{"mirrors": {"docker.io": ["https://HOST/PREFIX"]}, "insecure": ["HOST:PORT", "10.0.0.0/8"]}` of STACK_REGISTRIES or
 * /etc/stack/registries.json, and what STACK_REGISTRY_MIRRORS (`REGISTRY=URL,…`) and STACK_INSECURE_REGISTRIES add.
 * Errors: invalid-file, bad-request for the variables.
 */
export async function registrySettings(environment: Environment = process.env): Promise<RegistrySettings> {
  const file = environment.STACK_REGISTRIES || ordinaryFile
  const written = await read(file, environment.STACK_REGISTRIES !== undefined)
  const mirrors = new Map<string, Place[]>()
  const pairs = words(environment.STACK_REGISTRY_MIRRORS).map(each => {
    const at = each.indexOf('=')
    return {registry: each.slice(0, Math.max(at, 0)), urls: [each.slice(at + 1)], source: 'STACK_REGISTRY_MIRRORS'}
  })
  for (const {registry, urls, source} of [...pairs, ...mirrorsIn(written, file)]) {
    const places = urls.map(url => placeOf(url, source))
    mirrors.set(registryName(registry, source), [...(mirrors.get(registry) ?? []), ...places])
  }
  return {mirrors, insecure: [...words(environment.STACK_INSECURE_REGISTRIES), ...insecureIn(written, file)]}
}

export function isInsecure(host: string, insecure: readonly string[]): boolean {
  const name = hostname(host)
  return insecure.some(each =>
    each.includes('/') ? inRange(each, name) : each.toLowerCase() === host.toLowerCase() || each.toLowerCase() === name,
  )
}

const words = (value: string | undefined): string[] => (value ?? '').split(',').flatMap(each => each.trim() || [])

async function read(file: string, isNamed: boolean): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' && !isNamed) return {}
    throw new StackError('io', `${file}: cannot be read`, {cause})
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new StackError('invalid-file', `${file}: not valid JSON`, {cause})
  }
}

function mirrorsIn(written: unknown, source: string): Array<{registry: string; urls: string[]; source: string}> {
  const mirrors = member(written, 'mirrors') ?? {}
  if (typeof mirrors !== 'object' || Array.isArray(mirrors)) throw malformed(source, 'mirrors')
  return Object.entries(mirrors).map(([registry, urls]) => ({registry, urls: texts(urls, source, 'mirrors'), source}))
}

const insecureIn = (written: unknown, source: string) => texts(member(written, 'insecure') ?? [], source, 'insecure')

function texts(value: unknown, source: string, name: string): string[] {
  if (Array.isArray(value) && value.every(each => typeof each === 'string')) return value
  throw malformed(source, name)
}

function registryName(name: string, source: string): string {
  if (name !== '' && !name.includes('/')) return name
  throw new StackError('invalid-file', `${source}: "${name}" is not a registry`, {
    hint: 'write a mirror as REGISTRY=https://HOST, the registry as references name it: docker.io',
  })
}

function placeOf(written: string, source: string): Place {
  const [, scheme, rest = ''] = /^(?:(\w+):\/\/)?(.*)$/s.exec(written) ?? []
  const url = scheme === undefined || /^https?$/.test(scheme) ? toUrl(`${scheme ?? 'https'}://${rest}`) : undefined
  if (url === undefined || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new StackError('invalid-file', `${source}: "${written}" is not the address of a mirror`, {
      hint: 'write https://HOST[:PORT][/PREFIX]; its credentials are kept with those of registries',
    })
  }
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '')
  const place = {host: url.host, prefix: prefix === '' ? '' : `${prefix}/`}
  return scheme === 'http' || scheme === 'https' ? {...place, scheme} : place
}

const malformed = (source: string, name: string) =>
  new StackError('invalid-file', `${source}: "${name}" has the wrong form`, {
    hint: 'write {"mirrors": {"docker.io": ["https://HOST"]}, "insecure": ["HOST:PORT"]}',
  })
