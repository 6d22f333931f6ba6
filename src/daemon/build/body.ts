import {readFile, realpath} from 'node:fs/promises'
import {join, relative, resolve} from 'node:path'
import {errnoOf, StackError} from '../../base/error.ts'
import {readText} from '../../base/file.ts'
import {isFor} from '../../base/platform.ts'
import type {BuildRequest, NamedContext} from '../../builder/request.ts'
import {architecture} from '../../runtime/image/measure.ts'
import {flag} from '../http/query.ts'

/** Our own client's request: where things are on this machine. Everything else is in the query, as Docker has it. */
export type BuildBody = {
  /** A directory. */
  readonly Context: string
  /** Where the Dockerfile is, and how messages call it; or its text. */
  readonly Dockerfile?: string
  readonly DockerfileName?: string
  readonly DockerfileInline?: string
  readonly Tags?: readonly string[]
  readonly NoCacheFilter?: readonly string[]
  /** In base64. */
  readonly Secrets?: Readonly<Record<string, string>>
  readonly Contexts?: Readonly<Record<string, {readonly Path?: string; readonly Image?: string}>>
}

/** A build as the Engine API asks for it: query parameters, and a context that is here by now. */
export async function requestOf(query: URLSearchParams, body: BuildBody): Promise<BuildRequest> {
  const name = query.get('dockerfile') || body.Dockerfile || 'Dockerfile'
  const path = resolve(body.Context, name)
  const text = body.DockerfileInline ?? (await dockerfileText(path, body.DockerfileName ?? name))
  const network = query.get('networkmode') || 'default'
  if (!['default', 'bridge', 'none', 'host'].includes(network)) {
    throw new StackError('unsupported', `a build can not run on the network "${network}"`, {
      hint: 'it is default, none or host',
    })
  }
  const target = query.get('target')
  const shmSize = Number(query.get('shmsize') ?? 0)
  refuse(query)
  return {
    dockerfile: {path: body.DockerfileInline === undefined ? (body.DockerfileName ?? name) : 'dockerfile_inline', text},
    context: await realpath(body.Context),
    ignore: (await readText(`${path}.dockerignore`)) ?? (await readText(join(body.Context, '.dockerignore'))) ?? '',
    ...(target ? {target} : {}),
    args: argumentsOf(query),
    tags: [...query.getAll('t'), ...(body.Tags ?? [])].filter(each => each !== ''),
    labels: texts(query, 'labels'),
    noCache: flag(query, 'nocache'),
    noCacheFilter: body.NoCacheFilter ?? [],
    pull: flag(query, 'pull'),
    network: network === 'none' || network === 'host' ? network : 'default',
    extraHosts: query
      .getAll('extrahosts')
      .flatMap(each => each.split(','))
      .filter(each => each !== ''),
    ...(shmSize > 0 ? {shmSize} : {}),
    secrets: Object.fromEntries(
      Object.entries(body.Secrets ?? {}).map(([id, content]) => [id, Buffer.from(content, 'base64')]),
    ),
    contexts: Object.fromEntries(Object.entries(body.Contexts ?? {}).map(([id, each]) => [id, contextOf(id, each)])),
  }
}

function refuse(query: URLSearchParams): void {
  const remote = query.get('remote')
  if (remote) throw new StackError('unsupported', `a build's context can not be fetched from ${remote}`)
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

async function dockerfileText(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    throw new StackError('bad-request', `Cannot locate specified Dockerfile: ${name}`)
  }
}

function contextOf(id: string, {Path, Image}: {readonly Path?: string; readonly Image?: string}): NamedContext {
  if (Path !== undefined) return {kind: 'directory', path: Path}
  if (Image !== undefined) return {kind: 'image', reference: Image}
  throw new StackError('bad-request', `the context "${id}" is neither a path nor an image`)
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
