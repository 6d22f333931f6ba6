import {afterEach, beforeEach, expect, test} from 'vitest'
import type {Descriptor} from '../../../../src/model/oci.ts'
import {anonymous} from '../../../../src/registry/auth.ts'
import {pullImage} from '../../../../src/runtime/image/registry/pull.ts'
import {type PushOptions, pushImage} from '../../../../src/runtime/image/registry/push.ts'
import {directoryContent} from '../../../support/content.ts'
import {type FakeRegistry, fakeRegistry, refuse} from '../../../support/registry.ts'
import {bareSurroundings, failure, noise, patience, pulled} from '../../../support/registry-client.ts'

let [from, to]: [FakeRegistry?, FakeRegistry?] = []
let content: ReturnType<typeof directoryContent>
let manifest: Descriptor
let layers: readonly Descriptor[]

beforeEach(async () => {
  from = await fakeRegistry()
  to = await fakeRegistry()
  content = directoryContent()
  layers = from.image('v1', [noise(300_000, 1), noise(10, 2)]).layers
  const options = {content, auth: anonymous, progress: () => undefined, surroundings: bareSurroundings}
  const image = await pullImage(`${from.host}/web:v1`, {...options, platform: {os: 'linux', architecture: 'amd64'}})
  manifest = image.manifest
})
afterEach(async () => {
  await Promise.all([from?.close(), to?.close()])
  content.remove()
})

function pushed(name: string, more: Partial<PushOptions> = {}) {
  const options = {manifest, content, auth: anonymous, progress: () => undefined, surroundings: bareSurroundings}
  return pushImage(`${to!.host}/${name}`, {...options, ...more})
}

test('what was pushed can be pulled, byte for byte', async () => {
  const told: number[] = []
  const {digest} = await pushed('team/web:v2', {
    progress: (layer, done) => void (layer === layers[0]!.digest && told.push(done)),
  })
  expect(digest).toBe(manifest.digest)
  expect((await pulled(`${to!.host}/team/web:v2`)).image.manifest).toEqual(manifest)
  expect(told[0]).toBe(0)
  expect(told.at(-1)).toBe(300_000)
})

test('what the registry has is not sent', async () => {
  await pushed('web:v2')
  to!.asked.length = 0
  await pushed('web:v3')
  expect(to!.paths('POST')).toEqual([])
  expect(to!.paths('PUT')).toEqual(['/v2/web/manifests/v3'])
})

test('what another repository has is mounted', async () => {
  const layer = layers[0]!
  to!.blobs.set(layer.digest, from!.blobs.get(layer.digest)!)
  to!.whim = (request, response) =>
    request.method === 'HEAD' &&
    request.url?.includes(layer.digest) === true &&
    refuse(response, 404, 'BLOB_UNKNOWN', 'x')
  await pushed('web:v2', {mountFrom: ['team/base']})
  const post = to!.paths('POST').find(path => path.includes(encodeURIComponent(layer.digest)))
  expect(post).toBe(`/v2/web/blobs/uploads/?mount=${encodeURIComponent(layer.digest)}&from=team%2Fbase`)
  expect(to!.paths('PUT').some(path => path.includes(encodeURIComponent(layer.digest)))).toBe(false)
})

test('an upload that is cut begins anew', async () => {
  let times = 0
  to!.whim = (request, response) => {
    if (request.method !== 'PUT' || !request.url?.includes('/blobs/') || ++times > 2) return false
    request.once('data', () => response.destroy())
    return true
  }
  await pushed('web:v2')
  expect(times).toBeGreaterThan(3)
  await pulled(`${to!.host}/web:v2`)
})

test('layers are sent at once', async () => {
  const waiting: Array<() => void> = []
  to!.whim = (request, response) => {
    if (request.method !== 'POST') return false
    request.resume()
    waiting.push(() => response.writeHead(202, {location: '/v2/web/blobs/uploads/1'}).end())
    // Who sends one after the other waits for ever.
    if (waiting.length === 3) for (const answer of waiting) answer()
    return true
  }
  await pushed('web:v2')
  expect(waiting).toHaveLength(3)
})

test('an interrupted push ends at once, and says so', async () => {
  const stop = new AbortController()
  to!.whim = request => {
    if (request.method !== 'PUT') return false
    stop.abort()
    return true
  }
  const {code} = await failure(pushed('web:v2', {signal: stop.signal}))
  expect(code).toBe('cancelled')
  expect(to!.paths('PUT').some(path => path.includes('/manifests/'))).toBe(false)
})

test('an upload goes where the registry says, as it says it', async () => {
  await pushed('web:v2')
  expect(to!.paths('PUT')[0]).toContain('/v2/web/blobs/uploads/1?_state=a%2Fb&digest=sha256%3A')
})

test('who may not push is told so', async () => {
  to!.whim = (request, response) =>
    request.url !== '/v2/' && refuse(response, 401, 'UNAUTHORIZED', 'authentication required')
  const {text, hint} = await failure(pushed('web:v2'))
  expect(text).toBe(`registry ${to!.host}, repository web, upload: push denied`)
  expect(hint).toContain('only who is logged in may push')
})

test('a digest is no target', async () => {
  expect((await failure(pushed(`web@${manifest.digest}`))).code).toBe('bad-request')
})

test('a registry that took something else is not believed', async () => {
  to!.whim = (request, response) => {
    if (request.method !== 'PUT' || !request.url?.includes('/manifests/')) return false
    request.resume()
    response.writeHead(201, {'docker-content-digest': `sha256:${'0'.repeat(64)}`}).end()
    return true
  }
  expect((await failure(pushed('web:v2'))).text).toContain('took a manifest as')
})

test('a registry that takes a layer and says nothing is given up', async () => {
  to!.whim = request => request.method === 'PUT' && request.resume() === request
  const surroundings = {...bareSurroundings, patience: {...patience, stall: 15, attempts: 2}}
  expect((await failure(pushed('web:v2', {surroundings}))).code).toBe('timeout')
})

test('an interrupted push ends at once', async () => {
  const stop = new AbortController()
  to!.whim = request => {
    if (request.method !== 'PUT') return false
    setTimeout(() => stop.abort(), 10)
    return true
  }
  const {code} = await failure(pushed('web:v2', {signal: stop.signal}))
  expect(code).toBe('cancelled')
  expect(to!.manifests.size).toBe(0)
})
