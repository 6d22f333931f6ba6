import {randomBytes} from 'node:crypto'
import {existsSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {keptPlace, letGo} from '../../support/kept.ts'
import {askEngine, daemonPid} from '../../support/observed.ts'
import {busyboxLayer, imageOf} from '../../support/oci.ts'
import {type FakeRegistry, fakeRegistry} from '../../support/registry.ts'
import {eventually, type Workplace} from '../../support/stack.ts'
import {digestOf, type TarPart, tarOf} from '../../support/tar.ts'

/** Files that take a while to unpack, and bytes that take a while to come. */
const filesOf = (layer: number): TarPart[] =>
  Array.from({length: 3000}, (_, index) => ({name: `${layer}/${index % 50}/${index}`, data: `${layer} ${index}`}))
const layers = [
  gzipSync(busyboxLayer()),
  ...[1, 2, 3].map(layer => gzipSync(tarOf({name: `${layer}/big`, data: randomBytes(3_000_000)}, ...filesOf(layer)))),
]
const image = imageOf(layers, {Cmd: ['/bin/sh', '-c', 'find /1 /2 /3 | wc -l; exec sleep 1000']})
const hexes = layers.map(each => digestOf(each).slice(7))

let place: Workplace
let registry: FakeRegistry
beforeAll(async () => {
  registry = await fakeRegistry()
  const config = registry.blob(image.config, 'application/vnd.oci.image.config.v1+json')
  const type = 'application/vnd.oci.image.manifest.v1+json'
  registry.manifest('1', type, {schemaVersion: 2, config, layers: layers.map(each => registry.blob(each))})
  place = await keptPlace({
    'compose.yaml': `name: killed\nservices: {app: {image: "${registry.host}/app:1", stop_signal: SIGKILL}}\n`,
  })
  // What other tests have left may have layers of ours.
  expect(await place.stack('system', 'prune', '--all', '--force')).toMatchObject({code: 0})
})
afterAll(async () => {
  await letGo(place)
  await registry?.close()
})

const images = '/var/lib/stack/images'
const names = (of: string) => (existsSync(join(images, of)) ? readdirSync(join(images, of)).sort() : [])
const kept = () =>
  Object.fromEntries(
    ['layers', 'blobs/sha256', 'records', 'names', 'claims', 'incoming'].map(each => [each, names(each)]),
  )
const sizeOf = (hex: string) => statSync(join(images, 'blobs/incoming', hex), {throwIfNoEntry: false})?.size ?? 0
const isPresent = async () =>
  (await askEngine<Array<{RepoTags: string[]}>>('/images/json')).some(each =>
    each.RepoTags.includes(`${registry.host}/app:1`),
  )

/** Half of a layer, and then nothing. */
function stalling(index: number): void {
  registry.whim = (request, response) => {
    if (!request.url?.endsWith(hexes[index]!)) return false
    const bytes = layers[index]!
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': bytes.length - start,
      ...(start === 0 ? {} : {'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`}),
    })
    response.write(bytes.subarray(start, Math.ceil(bytes.length / 2)))
    return true
  }
}

async function killWhen(what: string, isSo: () => boolean): Promise<void> {
  rmSync(join(images, 'blobs/incoming'), {recursive: true, force: true})
  const victim = daemonPid()
  const pulling = place.stack('pull')
  await eventually(isSo, {what})
  process.kill(victim!, 'SIGKILL')
  await pulling
}

test.each<[string, number | undefined, () => boolean]>([
  ['the first layer has come by half', 0, () => sizeOf(hexes[0]!) > 0],
  ['a layer is unpacked and the next one comes', 2, () => sizeOf(hexes[2]!) > 0 && names('incoming').length > 0],
  ['all have come', undefined, () => names('blobs/sha256').length >= 3 && names('incoming').length > 0],
  [
    'layers are unpacked',
    undefined,
    () => names('incoming').some(each => existsSync(join(images, 'incoming', each, '3/0'))),
  ],
])('kill -9 when %s: nothing is left but bytes, and nothing half made is an image', async (what, stalled, isSo) => {
  await eventually(() => daemonPid() !== undefined)
  await place.stack('-f', 'keep.yaml', 'ps')
  const before = kept()
  if (stalled === undefined) registry.whim = undefined
  else stalling(stalled)
  await killWhen(what, isSo)
  expect(await place.stack('-f', 'keep.yaml', 'ps')).toMatchObject({code: 0})
  expect(await isPresent()).toBe(false)
  expect(kept()).toEqual(before)
})

test('the next pull takes up what had come, and the image is whole', async () => {
  stalling(2)
  const others = (): boolean => names('blobs/sha256').length === 5
  await killWhen('a layer that has come by half', () => sizeOf(hexes[2]!) > 1_000_000 && others())
  registry.whim = undefined
  registry.asked.length = 0
  expect(await place.stack('up', '-d')).toMatchObject({code: 0})
  const asked = registry.asked.filter(each => each.method === 'GET' && each.path.includes('/blobs/'))
  expect(asked.map(each => each.path.slice(-64))).toEqual([hexes[2]])
  expect(asked[0]?.headers.range).toMatch(/^bytes=[1-9]\d{6}-$/)
  const said = () => place.stack('logs', '--no-log-prefix')
  await eventually(async () => (await said()).stdout === `${3 * (3000 + 50 + 2)}\n`)
  const id = names('records').find(each => readFileSync(join(images, 'records', each), 'utf8').includes(image.id))
  expect(id).toBeDefined()
})

test('and nothing is left of it when it is removed', async () => {
  expect(await place.stack('down', '--rmi', 'all')).toMatchObject({code: 0})
  await eventually(() => names('blobs/sha256').length === 0)
  expect(names('blobs/incoming')).toEqual([])
  expect([names('incoming'), names('claims')]).toEqual([[], []])
  expect(await isPresent()).toBe(false)
})
