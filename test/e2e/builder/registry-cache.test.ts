import {readdirSync, writeFileSync} from 'node:fs'
import type {ServerResponse} from 'node:http'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest'
import {dockerRegistry} from '../../support/docker-registry.ts'
import {needs} from '../../support/needs.ts'
import {busyboxLayer, dockerArchive, imageOf} from '../../support/oci.ts'
import {digestOf, fakeRegistry} from '../../support/registry.ts'
import {eventually, type Outcome, Workplace} from '../../support/stack.ts'
import {type Store, storesOf} from '../../support/stores.ts'

let place: Workplace
let host: string
let closed: () => Promise<void> = async () => undefined
let stores: ReturnType<typeof storesOf>
const store = () => stores.make()

const compose = (...build: string[]) =>
  [
    'services:',
    '  web:',
    `    image: ${host}/web:1`,
    '    network_mode: none',
    '    command: [sh, -c, "cat /moment /w/second; find / -xdev -path /proc -prune -o -newer /bin/busybox -print | sort; stat -c %a /data /w/kept"]',
    '    build:',
    '      context: .',
    '      network: none',
    ...build.map(each => `      ${each}`),
    '',
  ].join('\n')

const moment = 'cat /proc/sys/kernel/random/uuid'
const dockerfile = () =>
  [
    `FROM ${host}/base:1 AS a`,
    `RUN ${moment} > /moment`,
    `FROM ${host}/base:1`,
    'COPY --from=a /moment /',
    'WORKDIR /w',
    `RUN rm -rf /data /etc/group && mkdir /data && echo o > /data/o && chmod 700 /data && touch kept && chmod 4711 kept && ${moment} > second`,
    '',
  ].join('\n')

const cached = (text: string) => text.split('\n').filter(each => /: cached$/.test(each)).length
async function idOf(at: Store): Promise<string> {
  const id = (await at.stack('image', 'inspect', `${host}/web:1`)).stdout.match(/"Id": "(sha256:[0-9a-f]{64})"/)?.[1]
  expect(id).toBeDefined()
  return id ?? ''
}

async function well(outcome: Promise<Outcome>): Promise<Outcome> {
  const found = await outcome
  expect(found.code, found.all).toBe(0)
  return found
}

async function send(bytes: Buffer, mediaType: string) {
  const begun = await fetch(`http://${host}/v2/web/blobs/uploads/`, {method: 'POST'})
  const to = new URL(begun.headers.get('location') ?? '')
  to.searchParams.set('digest', digestOf(bytes))
  expect((await fetch(to, {method: 'PUT', body: bytes})).status).toBe(201)
  return {mediaType, digest: digestOf(bytes), size: bytes.length}
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'

async function sendManifest(tag: string, config: object, layers: readonly object[]): Promise<void> {
  const body = JSON.stringify({schemaVersion: 2, mediaType: manifestType, config, layers})
  const to = `http://${host}/v2/web/manifests/${tag}`
  const reply = await fetch(to, {method: 'PUT', body, headers: {'content-type': manifestType}})
  expect(reply.status, await reply.text()).toBe(201)
}

beforeAll(async () => {
  const registry = await dockerRegistry().catch(() => undefined)
  host = registry?.host ?? ''
  closed = registry?.close ?? closed
  place = await Workplace.make({'compose.yaml': 'services: {}\n', '.dockerignore': '*\n'})
  stores = storesOf(place)
  if (registry === undefined) return
  const base = imageOf([gzipSync(busyboxLayer())], {Env: ['PATH=/bin']})
  writeFileSync(join(place.directory, 'base.tar'), dockerArchive({image: base, names: [`${host}/base:1`]}))
  await place.write('compose.yaml', `services: {base: {image: "${host}/base:1"}}\n`)
  await place.write('Dockerfile', dockerfile())
  const at = store()
  await well(at.stack('image', 'load', '-i', 'base.tar'))
  await well(at.stack('push', 'base'))
  await at.leave()
})
beforeEach(context => needs(context, 'docker-registry'))
afterAll(async () => {
  await stores.leave()
  await place[Symbol.asyncDispose]()
  await closed()
})

test('what one machine built another takes from the registry, and nothing is run', async () => {
  const cache = `type=registry,ref=${host}/web:cache`
  await place.write('compose.yaml', compose(`cache_from: ["${cache}"]`, `cache_to: ["${cache},mode=max"]`))
  const [one, other] = [store(), store()]
  const first = await well(one.stack('build'))
  expect(first.all).toMatch(/warning: the cache .*web:cache is not used: .*no tag "cache"/)
  expect(cached(first.all)).toBe(0)
  const ran = await well(one.stack('up', '--no-log-prefix'))
  expect(ran.stdout).toMatch(/^[0-9a-f-]{36}\n[0-9a-f-]{36}\n/)

  const again = await well(other.stack('build'))
  expect(cached(again.all), again.all).toBe(4)
  expect(again.all).not.toContain('warning')
  expect(await idOf(other)).toBe(await idOf(one))
  expect((await well(other.stack('up', '--no-log-prefix'))).stdout).toBe(ran.stdout)

  // The second machine gives on what it took.
  const given = `type=registry,ref=${host}/web:given`
  await place.write('compose.yaml', compose(`cache_to: ["${given},mode=max"]`))
  // Of what the registry has, no archive is needed.
  await place.run('sh', ['-c', `rm -r ${other.state}/images/blobs`])
  await well(other.stack('build'))
  await place.write('compose.yaml', compose(`cache_from: ["${given}"]`))
  const third = store()
  expect(cached((await well(third.stack('build'))).all)).toBe(4)
  expect(await idOf(third)).toBe(await idOf(one))
})

test('without mode=max a cache has the steps of the last stage, and an image tells of its own', async () => {
  await place.write('Dockerfile', dockerfile().replace(`RUN ${moment}`, 'RUN echo fixed'))
  const min = `${host}/web:min`
  await place.write('compose.yaml', compose(`cache_to: ["${min}", "type=inline"]`))
  const one = store()
  await well(one.stack('build'))
  await well(one.stack('push'))
  for (const from of [min, `${host}/web:1`]) {
    await place.write('compose.yaml', compose(`cache_from: ["${from}"]`))
    const other = store()
    const built = await well(other.stack('build'))
    expect(cached(built.all), built.all).toBe(3)
    expect(built.all).toMatch(/\[a 1\/1\] RUN echo fixed > \/moment: \d/)
    expect(await idOf(other)).toBe(await idOf(one))
  }
  // It is an image like any other.
  const other = store()
  await well(other.stack('pull'))
  expect((await well(other.stack('up', '--no-build', '--no-log-prefix'))).stdout).toContain('fixed\n')
  expect((await other.stack('image', 'pull', min)).all).toContain('is no container image but application/vnd.stack')
})

test('a registry that is not there, or takes nothing, fails cache_to unless that is ignored', async () => {
  await place.write('Dockerfile', dockerfile())
  const nobody = '127.0.0.1:1/web:cache'
  const one = store()
  await place.write('compose.yaml', compose(`cache_to: ["${nobody}"]`))
  const failed = await one.stack('build')
  expect(failed.code, failed.all).toBe(1)
  expect(failed.all).toMatch(/cache_to 127.0.0.1:1\/web:cache: registry 127.0.0.1:1.*ECONNREFUSED/)
  expect((await one.stack('image', 'ls')).stdout).not.toContain('web')
  await place.write('compose.yaml', compose(`cache_to: ["type=registry,ref=${nobody},ignore-error=true"]`))
  const ignored = await well(one.stack('build'))
  expect(ignored.all).toMatch(/warning: the cache was not kept: cache_to 127.0.0.1:1/)
  for (const [text, why] of [
    ['type=registry', 'type=registry needs ref=NAME'],
    ['type=registry,ref=a,mode=all', 'mode "all" is neither min nor max'],
    ['Capital/NAME', 'capital letters'],
  ]) {
    await place.write('compose.yaml', compose(`cache_to: ["${text}"]`))
    const refused = await one.stack('build')
    expect(refused.code, refused.all).not.toBe(0)
    expect(refused.all).toContain(why)
  }
})

test('what lies in a registry is refused, and the step is built', async () => {
  const made = store()
  await place.write('compose.yaml', compose(`cache_to: ["type=registry,ref=${host}/web:true,mode=max"]`))
  await well(made.stack('build'))
  const accept = {accept: manifestType}
  const text = await (await fetch(`http://${host}/v2/web/manifests/true`, {headers: accept})).text()
  const manifest = JSON.parse(text) as {config: {mediaType: string; digest: string}; layers: object[]}
  const {layers} = manifest
  const {mediaType} = manifest.config
  const genuine = await (await fetch(`http://${host}/v2/web/blobs/${manifest.config.digest}`)).text()
  const changed = (change: (map: Map) => void) => {
    const map = JSON.parse(genuine) as Map
    change(map)
    return Buffer.from(JSON.stringify(map))
  }
  type Map = {rootfs: {diff_ids: string[]}; 'stack.build.steps.v1': Record<string, {layers: Array<{diffId: string}>}>}
  const lies: Array<readonly [config: Buffer, why: string, type?: string, layers?: object[]]> = [
    [Buffer.from('{'), 'its configuration is not JSON'],
    [Buffer.from('null'), 'tells of no steps'],
    [Buffer.from('{"moby.buildkit.cache.v0": "e30="}'), 'tells of steps in the form of BuildKit'],
    [Buffer.alloc(9 << 20, ' '), 'has a configuration of 9437184 bytes'],
    [changed(map => void map.rootfs.diff_ids.pop()), 'layers, its manifest'],
    [changed(map => void map.rootfs.diff_ids.reverse()), 'its content is not what the image says'],
    [
      changed(map => {
        for (const each of Object.values(map['stack.build.steps.v1']))
          for (const layer of each.layers) layer.diffId = `sha256:${'0'.repeat(64)}`
      }),
      'it names a layer that it has not',
    ],
    [
      changed(map => {
        for (const each of Object.values(map['stack.build.steps.v1']))
          for (const layer of each.layers) Object.assign(layer, {target: '/../etc'})
      }),
      'it changes /../etc, which the step before has not',
    ],
    [Buffer.from('{}'), 'is a build cache of BuildKit', 'application/vnd.buildkit.cacheconfig.v0'],
    [
      changed(() => undefined),
      'has a layer of type text/html',
      mediaType,
      layers.map(each => ({...each, mediaType: 'text/html'})),
    ],
  ]
  for (const [config, why, type = mediaType, own = layers] of lies) {
    await sendManifest('lie', await send(config, type), own)
    await place.write('compose.yaml', compose(`cache_from: ["${host}/web:lie"]`))
    const victim = store()
    const built = await well(victim.stack('build'))
    expect(built.all).toContain(`warning: the cache ${host}/web:lie is not used`)
    expect(built.all).toContain(why)
    expect(built.all.match(/warning: the cache/g)).toHaveLength(1)
    expect((await well(victim.stack('up', '--no-build', '--no-log-prefix'))).stdout).toMatch(/^[0-9a-f-]{36}\n/)
    await victim.leave()
  }
})

test('a build that is given up while a cache stalls leaves nothing', async () => {
  const slow = await fakeRegistry()
  try {
    await place.write('Dockerfile', dockerfile())
    await place.write('compose.yaml', compose(`cache_to: ["type=registry,mode=max,ref=${slow.host}/web:slow"]`))
    await well(store().stack('build'))
    await place.write('compose.yaml', compose(`cache_from: ["${slow.host}/web:slow"]`))
    const {layers} = JSON.parse(slow.manifests.get('slow')!.bytes.toString('utf8'))
    const layer: string = layers[0].digest
    const hanging = new Set<ServerResponse>()
    slow.whim = (request, response) => {
      if (request.method !== 'GET' || !request.url?.endsWith(layer)) return false
      hanging.add(response)
      response.once('close', () => hanging.delete(response))
      response.writeHead(200, {'content-length': slow.blobs.get(layer)?.length})
      return response.write('x') !== undefined
    }
    const other = store()
    const child = place.begin(process.execPath, [place.stackProgram, 'build'], other.environment)
    await eventually(() => hanging.size > 0, {what: 'a layer is asked for'})
    const incoming = () => readdirSync(join(other.state, 'images/incoming'))
    expect(incoming()).not.toEqual([])
    child.kill('SIGKILL')
    await eventually(() => hanging.size === 0 && incoming().length === 0, {what: 'the build is over'})
    slow.whim = undefined
    const built = await well(other.stack('build'))
    expect(built.all).not.toContain('warning')
  } finally {
    await slow.close()
  }
})

test('a client of the Engine API names caches', async () => {
  await place.write('Dockerfile', `FROM ${host}/base:1\nRUN ${moment} > /moment\n`)
  await place.write('compose.yaml', compose(`cache_to: ["${host}/web:api"]`))
  await well(store().stack('build'))
  const other = store()
  await other.stack('ls')
  const asked = (caches: string) => {
    const url = `http://stack/build?networkmode=none&cachefrom=${encodeURIComponent(caches)}`
    const curl = `curl -s --data-binary @- -H 'content-type: application/x-tar' --unix-socket ${other.socket} '${url}'`
    return place.run('sh', ['-c', `tar -c Dockerfile | ${curl}`])
  }
  expect((await asked('{}')).stdout).toContain('cachefrom is not a list as JSON')
  const reply = await asked(`["${host}/web:nothing", "${host}/web:api"]`)
  expect(reply.stdout).toContain('Using cache')
  expect(reply.stdout).toMatch(/warning: the cache .*web:nothing is not used/)
})
