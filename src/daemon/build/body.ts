import {realpath} from 'node:fs/promises'
import {join, relative, resolve} from 'node:path'
import {StackError} from '../../base/error.ts'
import {readText} from '../../base/file.ts'
import {isFor} from '../../base/platform.ts'
import {epochOf} from '../../builder/epoch.ts'
import type {BuildRequest, NamedContext} from '../../builder/request.ts'
import {type CacheSource, type CacheTarget, cacheSource} from '../../model/build-cache.ts'
import {lookup, readFrom} from '../../runtime/container/root-view.ts'
import {architecture} from '../../runtime/image/measure.ts'
import {flag} from '../http/query.ts'

/** Our own client's request: where things are on this machine. Everything else is in the query, as Docker has it. */
export type BuildBody = {
  /** A directory, or an address. */
  readonly Context: string
  /** Where the Dockerfile is, and how messages call it; or its text. */
  readonly Dockerfile?: string
  readonly DockerfileName?: string
  readonly DockerfileInline?: string
  readonly Tags?: readonly string[]
  readonly NoCacheFilter?: readonly string[]
  readonly CacheFrom?: readonly CacheSource[]
  readonly CacheTo?: readonly CacheTarget[]
  readonly Ulimits?: ReadonlyArray<{readonly Name: string; readonly Soft: number; readonly Hard: number}>
  readonly Privileged?: boolean
  /** By id: an agent's socket or a key. */
  readonly Ssh?: Readonly<Record<string, string>>
  /** In base64. */
  readonly Secrets?: Readonly<Record<string, string>>
  readonly Contexts?: Readonly<Record<string, NamedBody>>
}

export type NamedBody = {readonly Path?: string; readonly Image?: string; readonly Address?: string}

/**
 * A build as the Engine API asks for it: query parameters, and a context that is here by now. Links of a foreign one
 * lead nowhere outside.
 */
export async function requestOf(query: URLSearchParams, body: BuildBody, isForeign: boolean): Promise<BuildRequest> {
  const name = query.get('dockerfile') || body.Dockerfile || 'Dockerfile'
  const read = isForeign ? (path: string) => foreignText(body.Context, path) : (path: string) => readText(path)
  const path = resolve(body.Context, name)
  const text = body.DockerfileInline ?? (await read(path)) ?? noDockerfile(body.DockerfileName ?? name)
  const network = query.get('networkmode') || 'default'
  if (!['default', 'bridge', 'none', 'host'].includes(network)) {
    throw new StackError('unsupported', `a build can not run on the network "${network}"`, {
      hint: 'it is default, none or host',
    })
  }
  const target = query.get('target')
  const args = argumentsOf(query)
  const epoch = epochOf(args)
  const shmSize = Number(query.get('shmsize') ?? 0)
  refuse(query)
  return {
    dockerfile: {path: body.DockerfileInline === undefined ? (body.DockerfileName ?? name) : 'dockerfile_inline', text},
    context: await realpath(body.Context),
    ignore: (await read(`${path}.dockerignore`)) ?? (await read(join(body.Context, '.dockerignore'))) ?? '',
    ...(target ? {target} : {}),
    args,
    ...(epoch === undefined ? {} : {epoch}),
    tags: [...query.getAll('t'), ...(body.Tags ?? [])].filter(each => each !== ''),
    labels: texts(query, 'labels'),
    noCache: flag(query, 'nocache'),
    cacheFrom: [...(body.CacheFrom ?? []), ...cachesIn(query)],
    cacheTo: body.CacheTo ?? [],
    noCacheFilter: body.NoCacheFilter ?? [],
    pull: flag(query, 'pull'),
    network: network === 'none' || network === 'host' ? network : 'default',
    extraHosts: query
      .getAll('extrahosts')
      .flatMap(each => each.split(','))
      .filter(each => each !== ''),
    ...(shmSize > 0 ? {shmSize} : {}),
    ulimits: Object.fromEntries(ulimitsOf(query, body).map(each => [each.Name, {soft: each.Soft, hard: each.Hard}])),
    privileged: body.Privileged ?? false,
    ssh: body.Ssh ?? {},
    secrets: Object.fromEntries(
      Object.entries(body.Secrets ?? {}).map(([id, content]) => [id, Buffer.from(content, 'base64')]),
    ),
    contexts: Object.fromEntries(Object.entries(body.Contexts ?? {}).map(([id, each]) => [id, contextOf(id, each)])),
  }
}

function refuse(query: URLSearchParams): void {
  const platform = query.get('platform')
  if (platform && !isFor(`linux/${architecture}`, platform)) {
    throw new StackError('unsupported', `this machine builds for linux/${architecture}, not for ${platform}`, {
      hint: 'leave the platform out',
    })
  }
  if (query.get('version') === '2') {
    throw new StackError('unsupported', 'BuildKit is not there', {hint: 'DOCKER_BUILDKIT=0'})
  }
}

async function foreignText(context: string, path: string): Promise<string | undefined> {
  const view = {layers: [context], overlays: []}
  const inside = join('/', relative(context, path))
  return lookup(view, inside)?.kind === 'file' ? readFrom(view, inside) : undefined
}

function noDockerfile(name: string): never {
  throw new StackError('bad-request', `Cannot locate specified Dockerfile: ${name}`)
}

function contextOf(id: string, {Path, Image}: NamedBody): NamedContext {
  if (Path !== undefined) return {kind: 'directory', path: Path}
  if (Image !== undefined) return {kind: 'image', reference: Image}
  throw new StackError('bad-request', `the context "${id}" is neither a path nor an image`)
}

function ulimitsOf(query: URLSearchParams, {Ulimits}: BuildBody): NonNullable<BuildBody['Ulimits']> {
  const text = query.get('ulimits')
  if (!text) return Ulimits ?? []
  try {
    return JSON.parse(text) as NonNullable<BuildBody['Ulimits']>
  } catch (cause) {
    throw new StackError('bad-request', 'ulimits is not JSON', {cause})
  }
}

/** Names, as a list in JSON. */
function cachesIn(query: URLSearchParams): CacheSource[] {
  const text = query.get('cachefrom')
  if (!text) return []
  const value = parsed(text, 'cachefrom')
  if (value === null) return []
  if (!Array.isArray(value)) throw new StackError('bad-request', 'cachefrom is not a list as JSON')
  return value.map(each => {
    const found = cacheSource(String(each))
    if ('problem' in found) throw new StackError('bad-request', `cachefrom: ${found.problem}`)
    return found
  })
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new StackError('bad-request', `${name} is not JSON`, {cause})
  }
}

/** One without a value is not given. */
function argumentsOf(query: URLSearchParams): Record<string, string> {
  return texts(query, 'buildargs')
}

function texts(query: URLSearchParams, name: string): Record<string, string> {
  const text = query.get(name)
  if (!text) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) throw new TypeError('not an object')
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, each]) => (typeof each === 'string' ? [[key, each]] : [])),
    )
  } catch (cause) {
    throw new StackError('bad-request', `${name} is not an object as JSON`, {cause})
  }
}

/** A Dockerfile must lie in the context that was sent. */
export function within(directory: string, name: string): boolean {
  return !relative(directory, resolve(directory, name)).startsWith('..')
}
