import {createHash} from 'node:crypto'
import {createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse} from 'node:http'
import {createServer as createSecureServer} from 'node:https'
import type {AddressInfo} from 'node:net'
import type {Descriptor, Platform} from '../../src/model/oci.ts'

export const digestOf = (bytes: string | Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export type Asked = {readonly method: string; readonly path: string; readonly headers: IncomingMessage['headers']}

/** Answers in the registry's place; false leaves it to the registry. */
export type Whim = (request: IncomingMessage, response: ServerResponse) => boolean | undefined

export type FakeRegistry = Awaited<ReturnType<typeof fakeRegistry>>

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
}

/** A registry in memory, on loopback, which does as it is told by `whim`. */
export async function fakeRegistry(options: {tls?: {cert: string; key: string}} = {}) {
  const blobs = new Map<string, Buffer>()
  const manifests = new Map<string, {type: string; bytes: Buffer}>()
  const asked: Asked[] = []
  const registry = {
    blobs,
    manifests,
    asked,
    whim: undefined as Whim | undefined,
    host: '',
    port: 0,
    blob(bytes: Buffer, mediaType = types.layer): Descriptor {
      blobs.set(digestOf(bytes), bytes)
      return {mediaType, digest: digestOf(bytes), size: bytes.length}
    },
    manifest(name: string, type: string, value: object): Descriptor {
      const bytes = Buffer.from(JSON.stringify({mediaType: type, ...value}))
      const digest = digestOf(bytes)
      for (const key of [name, digest]) manifests.set(key, {type, bytes})
      return {mediaType: type, digest, size: bytes.length}
    },
    image(name: string, layers: readonly Buffer[], platform: Platform = {os: 'linux', architecture: 'amd64'}) {
      const config = registry.blob(Buffer.from(JSON.stringify({...platform, rootfs: {diff_ids: []}})), types.config)
      const described = layers.map(each => registry.blob(each))
      const manifest = registry.manifest(name, types.manifest, {schemaVersion: 2, config, layers: described})
      return {config, layers: described, manifest: {...manifest, platform}}
    },
    index(name: string, images: readonly Descriptor[]): Descriptor {
      return registry.manifest(name, types.index, {schemaVersion: 2, manifests: images})
    },
    paths: (method: string) => asked.filter(each => each.method === method).map(each => each.path),
    close: () => closed(server),
  }
  const server = serve(options.tls, (request, response) => {
    asked.push({method: request.method ?? '', path: request.url ?? '', headers: request.headers})
    if (registry.whim?.(request, response)) return
    void answer(registry, request, response)
  })
  registry.port = await listening(server)
  registry.host = `127.0.0.1:${registry.port}`
  return registry
}

/** Any server on a port of loopback. */
export async function loopbackServer(listener: RequestListener, tls?: {cert: string; key: string}) {
  const server = serve(tls, listener)
  const port = await listening(server)
  return {server, port, host: `127.0.0.1:${port}`, close: () => closed(server)}
}

const serve = (tls: {cert: string; key: string} | undefined, listener: RequestListener): Server =>
  tls === undefined ? createServer(listener) : createSecureServer(tls, listener)

function listening(server: Server): Promise<number> {
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function closed(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

export function refuse(response: ServerResponse, status: number, code: string, message: string, headers = {}): true {
  response.writeHead(status, {'content-type': 'application/json', ...headers})
  response.end(JSON.stringify({errors: [{code, message}]}))
  return true
}

async function answer(registry: FakeRegistry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://registry')
  const [, kind = '', name = ''] = /\/(manifests|blobs)\/(.+)$/.exec(url.pathname.replace(/\/$/, '')) ?? []
  if (url.pathname === '/v2/') return void response.writeHead(200).end('{}')
  if (kind === 'manifests') {
    if (request.method === 'PUT') return await takeManifest(registry, request, response, name)
    const found = registry.manifests.get(name)
    if (found === undefined) return void refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown')
    const headers = {'content-type': found.type, 'docker-content-digest': digestOf(found.bytes)}
    response.writeHead(200, {...headers, 'content-length': found.bytes.length})
    return void response.end(request.method === 'HEAD' ? undefined : found.bytes)
  }
  if (request.method === 'POST' || request.method === 'PUT') return await takeBlob(registry, request, response, url)
  sendBlob(request, response, registry.blobs.get(name))
}

export function sendBlob(request: IncomingMessage, response: ServerResponse, blob: Buffer | undefined): void {
  if (blob === undefined) return void refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown')
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const range = start === 0 ? {} : {'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}`}
  response.writeHead(start === 0 ? 200 : 206, {...range, 'content-length': blob.length - start})
  response.end(request.method === 'HEAD' ? undefined : blob.subarray(start))
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts)
}

async function takeManifest(registry: FakeRegistry, request: IncomingMessage, response: ServerResponse, name: string) {
  const bytes = await bodyOf(request)
  const type = request.headers['content-type'] ?? ''
  for (const key of [name, digestOf(bytes)]) registry.manifests.set(key, {type, bytes})
  response.writeHead(201, {'docker-content-digest': digestOf(bytes)}).end()
}

async function takeBlob(registry: FakeRegistry, request: IncomingMessage, response: ServerResponse, url: URL) {
  const bytes = await bodyOf(request)
  if (request.method === 'POST') {
    const mount = url.searchParams.get('mount') ?? ''
    if (registry.blobs.has(mount)) return void response.writeHead(201).end()
    return void response.writeHead(202, {location: `${url.pathname.replace(/\/$/, '')}/1?_state=a%2Fb`}).end()
  }
  const digest = url.searchParams.get('digest')
  if (digest !== digestOf(bytes)) return void refuse(response, 400, 'DIGEST_INVALID', 'digest is another')
  registry.blobs.set(digest, bytes)
  response.writeHead(201).end()
}
