import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {Place} from '../../../../src/runtime/image/registry/settings.ts'
import {type Certificate, selfMade} from '../../../support/certificate.ts'
import {needs} from '../../../support/needs.ts'
import {type FakeRegistry, fakeRegistry, loopbackServer, refuse} from '../../../support/registry.ts'
import {bareSurroundings, failure, noise, password, patience, pulled} from '../../../support/registry-client.ts'

let registry: FakeRegistry
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-way-'))
})
afterEach(async () => {
  await registry.close()
  rmSync(directory, {recursive: true})
})

describe('TLS', () => {
  test('a certificate that is not trusted is an error that says what to do', async context => {
    needs(context, 'openssl')
    registry = await fakeRegistry({tls: selfMade(['127.0.0.1'])})
    registry.image('v1', [noise(10)])
    const {code, text, hint} = await failure(pulled(`${registry.host}/web:v1`))
    expect(code).toBe('image-failed')
    expect(text).toContain('its certificate is not trusted')
    expect(hint).toContain(`/etc/docker/certs.d/${registry.host}/ca.crt`)
    expect(registry.asked).toEqual([])
  })

  test('one of certs.d or of SSL_CERT_FILE is', async context => {
    needs(context, 'openssl')
    const tls = selfMade(['127.0.0.1'])
    registry = await fakeRegistry({tls})
    registry.image('v1', [noise(10)])
    const own = join(directory, registry.host)
    mkdirSync(own)
    writeFileSync(join(own, 'ca.crt'), tls.cert)
    await pulled(`${registry.host}/web:v1`, {surroundings: {...bareSurroundings, certificates: [directory]}})
    const environment = {SSL_CERT_FILE: join(own, 'ca.crt')}
    await pulled(`${registry.host}/web:v1`, {surroundings: {...bareSurroundings, environment}})
  })

  test('one for another name is not, even if it is trusted', async context => {
    needs(context, 'openssl')
    const tls = selfMade(['registry.test'])
    registry = await fakeRegistry({tls})
    writeFileSync(join(directory, 'ca.crt'), tls.cert)
    const surroundings = {...bareSurroundings, environment: {SSL_CERT_FILE: join(directory, 'ca.crt')}}
    expect((await failure(pulled(`${registry.host}/web:v1`, {surroundings}))).text).toContain('not trusted')
  })

  test('an insecure registry needs none', async context => {
    needs(context, 'openssl')
    registry = await fakeRegistry({tls: selfMade(['registry.test'])})
    registry.image('v1', [noise(10)])
    const settings = {mirrors: new Map(), insecure: ['127.0.0.0/8']}
    await pulled(`${registry.host}/web:v1`, {surroundings: {...bareSurroundings, settings}})
  })

  test('a client certificate without its key is an error', async context => {
    needs(context, 'openssl')
    registry = await fakeRegistry({tls: selfMade(['127.0.0.1'])})
    mkdirSync(join(directory, registry.host))
    writeFileSync(join(directory, registry.host, 'client.cert'), 'x')
    const surroundings = {...bareSurroundings, certificates: [directory]}
    expect((await failure(pulled(`${registry.host}/web:v1`, {surroundings}))).text).toContain('client.key is missing')
  })
})

describe('a proxy', () => {
  /** Leads every CONNECT to the registry, whatever its name. */
  async function proxyTo(port: number, tls?: Certificate) {
    const connects: Array<{target: string | undefined; authorization: string | undefined}> = []
    const proxy = await loopbackServer((request, response) => {
      connects.push({target: request.url, authorization: request.headers['proxy-authorization']})
      response.writeHead(502).end()
    }, tls)
    proxy.server.on('connect', (request, socket) => {
      connects.push({target: request.url, authorization: request.headers['proxy-authorization']})
      const onward = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      socket.on('error', () => onward.destroy()).pipe(onward)
      onward
        .on('error', () => socket.destroy())
        .on('close', () => socket.destroy())
        .pipe(socket)
    })
    return {...proxy, connects}
  }

  test('leads to a registry by HTTPS, and sees its name alone', async context => {
    needs(context, 'openssl')
    const tls = selfMade(['registry.test'])
    registry = await fakeRegistry({tls})
    registry.image('v1', [noise(10)])
    writeFileSync(join(directory, 'ca.crt'), tls.cert)
    const proxy = await proxyTo(registry.port)
    const environment = {
      HTTPS_PROXY: `http://user:p%40ss@${proxy.host}`,
      NO_PROXY: 'other.test',
      SSL_CERT_FILE: join(directory, 'ca.crt'),
    }
    await pulled('registry.test/web:v1', {surroundings: {...bareSurroundings, environment}})
    expect(new Set(proxy.connects.map(each => each.target))).toEqual(new Set(['registry.test:443']))
    expect(Buffer.from(proxy.connects[0]?.authorization?.slice(6) ?? '', 'base64').toString()).toBe('user:p@ss')
    expect(registry.asked.every(each => each.headers['proxy-authorization'] === undefined)).toBe(true)
    await proxy.close()
  })

  test('may itself be spoken to by HTTPS', async context => {
    needs(context, 'openssl')
    const tls = selfMade(['registry.test', '127.0.0.1'])
    registry = await fakeRegistry({tls})
    registry.image('v1', [noise(10)])
    writeFileSync(join(directory, 'ca.crt'), tls.cert)
    const proxy = await proxyTo(registry.port, tls)
    const environment = {HTTPS_PROXY: `https://${proxy.host}`, SSL_CERT_FILE: join(directory, 'ca.crt')}
    await pulled('registry.test/web:v1', {surroundings: {...bareSurroundings, environment}})
    expect(proxy.connects.length).toBeGreaterThan(0)
    await proxy.close()
  })

  test('leads to an insecure registry by HTTP too', async () => {
    registry = await fakeRegistry()
    registry.image('v1', [noise(10)])
    const seen: string[] = []
    const proxy = await loopbackServer(async (request, response) => {
      const url = new URL(request.url ?? '')
      seen.push(url.host)
      const {authorization} = request.headers
      const reply = await fetch(
        `http://${registry.host}${url.pathname}`,
        authorization ? {headers: {authorization}} : {},
      )
      const bytes = Buffer.from(await reply.arrayBuffer())
      response.writeHead(reply.status, {'content-type': reply.headers.get('content-type') ?? ''}).end(bytes)
    })
    const settings = {mirrors: new Map<string, Place[]>(), insecure: ['registry.test:5000']}
    const environment = {http_proxy: proxy.host}
    // Plain because it says so; asking for HTTPS first would need a resolver.
    settings.mirrors.set('x.test', [{host: 'registry.test:5000', scheme: 'http', prefix: ''}])
    await pulled('x.test/web:v1', {surroundings: {...bareSurroundings, environment, settings}})
    expect(new Set(seen)).toEqual(new Set(['registry.test:5000']))
    await proxy.close()
  })

  test('that refuses is named', async () => {
    registry = await fakeRegistry()
    const proxy = await loopbackServer((_request, response) => void response.end())
    proxy.server.on('connect', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'))
    const surroundings = {...bareSurroundings, environment: {HTTPS_PROXY: `http://${proxy.host}`}}
    const {text} = await failure(pulled('registry.test/web', {surroundings}))
    expect(text).toContain(`proxy ${proxy.host} answers 403 to CONNECT registry.test:443`)
    await proxy.close()
  })
})

describe('a mirror', () => {
  let mirror: FakeRegistry
  const surroundings = (...places: Place[]) => ({
    ...bareSurroundings,
    settings: {mirrors: new Map([[registry.host, places]]), insecure: []},
  })
  const plain = (host: string, prefix = ''): Place => ({host, scheme: 'http', prefix})

  beforeEach(async () => {
    registry = await fakeRegistry()
    mirror = await fakeRegistry()
  })
  afterEach(() => mirror.close())

  test('is asked first, below its prefix, and the registry not at all', async () => {
    mirror.image('v1', [noise(10)])
    await pulled(`${registry.host}/team/web:v1`, {surroundings: surroundings(plain(mirror.host, 'hub/'))})
    expect(registry.asked).toEqual([])
    expect(mirror.asked.every(each => each.path.startsWith('/v2/hub/team/web/'))).toBe(true)
  })

  test.each<[string, () => unknown]>([
    ['does not have the image', () => undefined],
    ['is in trouble', () => (mirror.whim = (_request, response) => refuse(response, 503, 'X', 'x'))],
    ['refuses', () => (mirror.whim = (_request, response) => refuse(response, 403, 'DENIED', 'x'))],
    ['is silent', () => (mirror.whim = () => true)],
  ])('that %s is passed over', async (_name, prepare) => {
    prepare()
    registry.image('v1', [noise(10)])
    const fast = {...surroundings(plain(mirror.host)), patience: {...patience, stall: 60}}
    await pulled(`${registry.host}/web:v1`, {surroundings: fast})
  })

  test('that is not there is passed over', async () => {
    registry.image('v1', [noise(10)])
    const gone = await fakeRegistry()
    await gone.close()
    await pulled(`${registry.host}/web:v1`, {surroundings: surroundings(plain(gone.host), plain(mirror.host))})
  })

  test('is named where the registry cannot help either', async () => {
    mirror.whim = (_request, response) => refuse(response, 403, 'DENIED', 'not for you')
    const {text} = await failure(pulled(`${registry.host}/web:v1`, {surroundings: surroundings(plain(mirror.host))}))
    expect(text).toContain(`no tag "v1" (manifest unknown); mirror: ${mirror.host} answers 403: not for you`)
  })

  test('that lacks a layer, or has it wrong, is helped out by the registry', async () => {
    const layers = [noise(100, 1), noise(100, 2)]
    const [missing, spoilt] = mirror.image('v1', layers).layers
    registry.image('v1', layers)
    mirror.blobs.delete(missing!.digest)
    mirror.blobs.set(spoilt!.digest, noise(100, 7))
    await pulled(`${registry.host}/web:v1`, {surroundings: surroundings(plain(mirror.host))})
    expect(registry.paths('GET').filter(path => path.includes('/blobs/'))).toHaveLength(2)
  })

  test('does not get the credentials of the registry', async () => {
    mirror.whim = (_request, response) => refuse(response, 401, 'X', 'x', {'www-authenticate': 'Basic realm="x"'})
    registry.image('v1', [noise(10)])
    const mine = password('me', 'secret')
    const auth = async (host: string, path: string) => (host === registry.host ? await mine(host, path) : {})
    await pulled(`${registry.host}/web:v1`, {surroundings: surroundings(plain(mirror.host)), auth})
    expect(mirror.asked.every(each => each.headers.authorization === undefined)).toBe(true)
  })
})
