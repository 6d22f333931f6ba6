import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, type TestContext, test} from 'vitest'
import {hintOf} from '../../../src/base/error.ts'
import type {Descriptor} from '../../../src/model/oci.ts'
import {anonymous, type CredentialSource} from '../../../src/registry/auth.ts'
import {pullImage} from '../../../src/runtime/image/registry/pull.ts'
import {pushImage} from '../../../src/runtime/image/registry/push.ts'
import {inMemory} from '../../../src/runtime/image/registry/resolve.ts'
import type {Surroundings} from '../../../src/runtime/image/registry/session.ts'
import {selfMade} from '../../support/certificate.ts'
import {directoryContent} from '../../support/content.ts'
import {dockerRegistry, type RegistryOptions, tokenIssuer} from '../../support/docker-registry.ts'
import {needs} from '../../support/needs.ts'
import {digestOf} from '../../support/registry.ts'

const platform = {os: 'linux', architecture: 'amd64'}
const bare: Surroundings = {environment: {}, certificates: [], settings: {mirrors: new Map(), insecure: []}}
const layerBytes = Buffer.alloc(3_000_000, 'layer ')

type Content = ReturnType<typeof directoryContent>
let ours: Content
let theirs: Content
let manifest: Descriptor
let layer: Descriptor
const undo: Array<() => unknown> = []

beforeEach(async () => {
  ours = directoryContent()
  theirs = directoryContent()
  undo.push(ours.remove, theirs.remove)
  const put = async (bytes: Buffer, mediaType: string): Promise<Descriptor> => {
    const descriptor = {
      mediaType: `application/vnd.oci.image.${mediaType}`,
      digest: digestOf(bytes),
      size: bytes.length,
    }
    await ours.ingest(descriptor, async offset => inMemory(bytes, offset))
    return descriptor
  }
  layer = await put(layerBytes, 'layer.v1.tar')
  const rootfs = {type: 'layers', diff_ids: [layer.digest]}
  const config = await put(Buffer.from(JSON.stringify({...platform, rootfs})), 'config.v1+json')
  const body = {schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: [layer]}
  manifest = await put(Buffer.from(JSON.stringify(body)), 'manifest.v1+json')
})
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

async function registry(context: TestContext, options: RegistryOptions = {}): Promise<string> {
  needs(context, 'docker-registry')
  const {host, close} = await dockerRegistry(options)
  undo.push(close)
  return host
}

const push = (reference: string, auth: CredentialSource = anonymous, surroundings = bare) =>
  pushImage(reference, {manifest, content: ours, auth, progress: () => undefined, surroundings})

const pull = (reference: string, auth: CredentialSource = anonymous, surroundings = bare) =>
  pullImage(reference, {platform, content: theirs, auth, progress: () => undefined, surroundings})

const me: CredentialSource = async () => ({credential: {kind: 'password', username: 'me', password: 'secret'}})

async function refusal(action: Promise<unknown>): Promise<{message: string; hint: string | undefined}> {
  const error = await action.then(
    () => new Error('it was taken'),
    each => each,
  )
  return {message: error.message, hint: hintOf(error)}
}

test('what was pushed to a real registry comes back, by tag and by digest', async context => {
  const host = await registry(context)
  await push(`${host}/team/web:v1`)
  expect((await pull(`${host}/team/web:v1`)).digest).toBe(manifest.digest)
  expect(readFileSync(theirs.path(layer.digest)).equals(layerBytes)).toBe(true)
  expect((await pull(`${host}/team/web@${manifest.digest}`)).layers).toEqual([layer])
  expect((await refusal(pull(`${host}/team/web:none`))).message).toContain('no tag "none"')
})

test('what a killed pull left is taken up', async context => {
  const host = await registry(context)
  await push(`${host}/web:v1`)
  writeFileSync(`${theirs.path(layer.digest)}.part`, layerBytes.subarray(0, 1_000_000))
  await pull(`${host}/web:v1`)
  expect(readFileSync(theirs.path(layer.digest)).equals(layerBytes)).toBe(true)
})

test('another repository of it lends its layers', async context => {
  const host = await registry(context)
  await push(`${host}/base:v1`)
  const told: number[] = []
  const progress = (digest: string, done: number) => void (digest === layer.digest && told.push(done))
  const more = {manifest, content: ours, auth: anonymous, progress, surroundings: bare, mountFrom: ['base']}
  await pushImage(`${host}/web:v1`, more)
  expect(told).toEqual([0, layer.size])
  await pull(`${host}/web:v1`)
})

test('a password, over a certificate of its own', async context => {
  needs(context, 'docker-registry', 'openssl', 'perl')
  const hash = execFileSync('perl', ['-e', 'print crypt("secret", "\\$2y\\$05\\$abcdefghijklmnopqrstuu")'], {
    encoding: 'utf8',
  })
  const tls = selfMade(['127.0.0.1'])
  const host = await registry(context, {tls, htpasswd: `me:${hash}`})
  expect((await refusal(push(`${host}/web:v1`, me))).hint).toContain(`/etc/docker/certs.d/${host}/ca.crt`)
  const certificates = mkdtempSync(join(tmpdir(), 'stack-certs-'))
  undo.push(() => rmSync(certificates, {recursive: true}))
  mkdirSync(join(certificates, host))
  writeFileSync(join(certificates, host, 'ca.crt'), tls.cert)
  const trusting = {...bare, certificates: [certificates]}
  await push(`${host}/web:v1`, me, trusting)
  await pull(`${host}/web:v1`, me, trusting)
  const denied = await refusal(pull(`${host}/web:v1`, anonymous, trusting))
  expect(denied.message).toContain('pull denied')
  expect(denied.hint).toContain(`docker login ${host}`)
})

test('tokens of a server of its own', async context => {
  needs(context, 'docker-registry', 'openssl')
  const signer = selfMade(['issuer.test'])
  const issuer = await tokenIssuer(signer, 'me:secret')
  undo.push(issuer.close)
  const host = await registry(context, {tokens: {realm: `http://${issuer.host}/token`, certificate: signer.cert}})
  await push(`${host}/web:v1`, me)
  await pull(`${host}/web:v1`, me)
  expect((await refusal(pull(`${host}/web:v1`))).message).toContain('pull denied')
})
