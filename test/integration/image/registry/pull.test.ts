import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {directoryContent} from '../../../support/content.ts'
import {type FakeRegistry, fakeRegistry} from '../../../support/registry.ts'
import {bareSurroundings, failure, noise, patience, pulled} from '../../../support/registry-client.ts'

let registry: FakeRegistry
beforeEach(async () => {
  registry = await fakeRegistry()
})
afterEach(() => registry.close())

const amd64 = {os: 'linux', architecture: 'amd64'}
const at = (name: string) => `${registry.host}/${name}`

describe('an image', () => {
  test('is there with configuration and layers, in the order of the manifest, and its progress is told', async () => {
    const layers = [noise(300_000, 1), noise(70_000, 2), noise(10, 3), noise(5000, 4)]
    const made = registry.image('v1', layers)
    const {image, told} = await pulled(at('team/web:v1'))
    expect(image).toEqual({
      manifest: {mediaType: made.manifest.mediaType, digest: made.manifest.digest, size: made.manifest.size},
      config: made.config,
      layers: made.layers,
      digest: made.manifest.digest,
    })
    for (const {digest, size} of made.layers) {
      const own = told.filter(([layer]) => layer === digest)
      expect(own.map(([, , total]) => total).every(total => total === size)).toBe(true)
      expect(own[0]?.[1]).toBe(0)
      expect(own.at(-1)?.[1]).toBe(size)
    }
    expect(registry.paths('GET').every(path => path.startsWith('/v2/team/web/'))).toBe(true)
  })

  test('with the same layer twice fetches it once', async () => {
    registry.image('v1', [noise(10), noise(10)])
    await pulled(at('web:v1'))
    expect(registry.paths('GET').filter(path => path.includes('/blobs/'))).toHaveLength(2)
  })

  test('is known before its layers come, and each can be waited for', async () => {
    const made = registry.image('v1', [noise(10, 1), noise(10, 2)])
    const [first, second] = made.layers.map(each => each.digest)
    const order: string[] = []
    registry.whim = request => {
      if (request.url?.endsWith(second!)) order.push('second asked for')
      return false
    }
    let told: unknown
    let waiting: Promise<void> | undefined
    await pulled(at('web:v1'), {
      parallel: 1,
      begun(image, arrival) {
        told = image.layers
        waiting = arrival(first!).then(() => void order.push('first is there'))
      },
    })
    await waiting
    expect(told).toEqual(made.layers)
    expect(order).toEqual(['first is there', 'second asked for'])
  })

  test('whose download fails leaves nobody waiting', async () => {
    const made = registry.image('v1', [noise(10, 1), noise(10, 2)])
    registry.blobs.delete(made.layers[0]!.digest)
    const waits: Array<Promise<string>> = []
    const begun = (image: {layers: readonly {digest: string}[]}, arrival: (layer: string) => Promise<void>) => {
      for (const {digest} of image.layers) waits.push(arrival(digest).then(() => 'there', String))
    }
    expect((await failure(pulled(at('web:v1'), {parallel: 1, begun}))).text).toContain('layer')
    expect(await Promise.all(waits)).toEqual([expect.stringContaining('layer'), expect.stringContaining('layer')])
  })

  test('that is present costs one question', async () => {
    registry.image('v1', [noise(10)])
    const content = directoryContent()
    await pulled(at('web:v1'), {content})
    registry.asked.length = 0
    await pulled(at('web:v1'), {content})
    expect(registry.asked.map(each => each.method)).toEqual(['HEAD'])
    content.remove()
  })

  test('downloads three layers at a time', async () => {
    registry.image(
      'v1',
      Array.from({length: 7}, (_, seed) => noise(100, seed)),
    )
    let [now, most] = [0, 0]
    registry.whim = (request, response) => {
      if (!request.url?.includes('/blobs/')) return false
      now++
      most = Math.max(most, now)
      response.once('close', () => now--)
      setTimeout(() => {
        const blob = registry.blobs.get(request.url?.split('/').at(-1) ?? '')!
        response.writeHead(200, {'content-length': blob.length}).end(blob)
      }, 20)
      return true
    }
    await pulled(at('web:v1'))
    expect(most).toBe(3)
  })

  test('is taken by digest, and nothing else is taken for it', async () => {
    const made = registry.image('v1', [noise(10)])
    const {image} = await pulled(at(`web@${made.manifest.digest}`))
    expect(image.digest).toBe(made.manifest.digest)
    const other = registry.image('v2', [noise(11)])
    registry.manifests.set(made.manifest.digest, registry.manifests.get(other.manifest.digest)!)
    const {code, text} = await failure(pulled(at(`web@${made.manifest.digest}`)))
    expect(code).toBe('image-failed')
    expect(text).toContain('sends a manifest with digest')
  })
})

describe('an index', () => {
  const arm = (variant: string) => ({os: 'linux', architecture: 'arm', variant})

  test('gives the image of the platform, and pins the index', async () => {
    const images = [
      registry.image('a', [noise(10, 1)], {os: 'linux', architecture: 'arm64', variant: 'v8'}).manifest,
      registry.image('b', [noise(10, 2)], amd64).manifest,
    ]
    const index = registry.index('v1', images)
    const {image} = await pulled(at('web:v1'))
    expect(image.manifest.digest).toBe(images[1]?.digest)
    expect(image.digest).toBe(index.digest)
    const other = await pulled(at('web:v1'), {platform: {os: 'linux', architecture: 'arm64'}})
    expect(other.image.manifest.digest).toBe(images[0]?.digest)
  })

  test('in an index is followed', async () => {
    const inner = registry.index('inner', [registry.image('a', [noise(10)]).manifest])
    registry.index('v1', [{...inner, platform: amd64}])
    await pulled(at('web:v1'))
  })

  test('without our platform says which it has', async () => {
    const unknown = {...registry.image('x', [noise(9)]).manifest, platform: {os: 'unknown', architecture: 'unknown'}}
    registry.index('v1', [registry.image('a', [noise(10)], arm('v7')).manifest, unknown])
    const {code, text, hint} = await failure(pulled(at('web:v1')))
    expect(code).toBe('image-not-found')
    expect(text).toBe(`${at('web:v1')} has no image for linux/amd64; it has: linux/arm/v7`)
    expect(hint).toContain('platform:')
  })

  test('that lies about the size of a manifest is refused', async () => {
    const image = registry.image('a', [noise(10)]).manifest
    registry.index('v1', [{...image, size: image.size + 1}])
    expect((await failure(pulled(at('web:v1')))).text).toContain('where its index says')
  })
})

describe('what is no image for here', () => {
  const config = {mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${'0'.repeat(64)}`, size: 1}
  const oci = 'application/vnd.oci.image.manifest.v1+json'
  const buildkit = {...config, mediaType: 'application/vnd.buildkit.cacheconfig.v0'}
  test.each<[string, string, object, string]>([
    [
      'schema 1',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      {schemaVersion: 1},
      'schema 1, which is obsolete',
    ],
    ['both kinds at once', oci, {manifests: [], layers: []}, 'an image and an index at once'],
    [
      'an artifact',
      oci,
      {config: {...config, mediaType: 'application/vnd.cncf.helm.config.v1+json'}, layers: []},
      'is no container image but application/vnd.cncf.helm',
    ],
    ['a cache of BuildKit', oci, {config: buildkit, layers: []}, 'is a build cache of BuildKit'],
    [
      'its older form',
      'application/vnd.oci.image.index.v1+json',
      {manifests: [config, buildkit]},
      'is a build cache of BuildKit',
    ],
    ['a strange layer', oci, {config, layers: [{...config, mediaType: 'text/html'}]}, 'cannot be unpacked'],
    ['a digest that is a path', oci, {config: {...config, digest: 'sha256:../../x'}, layers: []}, 'malformed'],
    ['a negative size', oci, {config: {...config, size: -1}, layers: []}, 'malformed'],
    ['another type', 'application/xml', {config, layers: []}, 'says it is application/xml'],
  ])('%s', async (_name, type, value, words) => {
    registry.manifest('v1', type, {schemaVersion: 2, ...value})
    expect((await failure(pulled(at('web:v1')))).text).toContain(words)
  })

  test('another machine', async () => {
    registry.image('v1', [noise(10)], {os: 'linux', architecture: 's390x'})
    const {text} = await failure(pulled(at('web:v1')))
    expect(text).toContain('is an image for linux/s390x, not for linux/amd64')
    expect(registry.paths('GET').filter(path => path.includes('/blobs/'))).toHaveLength(1)
  })

  test('a manifest without end', async () => {
    registry.whim = (request, response) => {
      if (request.method !== 'GET' || !request.url?.includes('/manifests/')) return false
      response.writeHead(200)
      const more = () => response.write(noise(65_536)) || response.once('drain', more)
      const timer = setInterval(more, 1)
      response.once('close', () => clearInterval(timer))
      return true
    }
    // Four megabytes may take a busy machine a while.
    const surroundings = {...bareSurroundings, patience: {...patience, stall: 10_000}}
    expect((await failure(pulled(at('web:v1'), {surroundings}))).text).toContain('sends more than 4194304 bytes')
  })
})

describe('what is not there', () => {
  test('a tag', async () => {
    const {code, text, hint} = await failure(pulled(at('team/web:nope')))
    expect(code).toBe('image-not-found')
    expect(text).toBe(`registry ${registry.host}, repository team/web: no tag "nope" (manifest unknown)`)
    expect(hint).toBe('check the name and the tag')
  })

  test('a registry', async () => {
    const {host} = registry
    await registry.close()
    const {code, text, hint} = await failure(pulled(`${host}/web`))
    expect(code).toBe('image-failed')
    expect(text).toMatch(new RegExp(`^registry ${host}, repository web: connection to ${host} failed: .*ECONNREFUSED`))
    expect(hint).toContain('is it running')
    registry = await fakeRegistry()
  })

  test('a layer', async () => {
    const {layers} = registry.image('v1', [noise(10)])
    registry.blobs.delete(layers[0]!.digest)
    const {text, hint} = await failure(pulled(at('web:v1')))
    expect(text).toBe(`registry ${registry.host}, repository web, layer ${layers[0]!.digest}: not found (blob unknown)`)
    expect(hint).toContain('incomplete')
  })

  test('a layer that is kept elsewhere comes from there', async () => {
    const bytes = noise(100)
    const {layers, config} = registry.image('base', [bytes])
    registry.blobs.delete(layers[0]!.digest)
    registry.blobs.set('elsewhere', bytes)
    const foreign = {...layers[0]!, urls: [`http://${registry.host}/v2/x/blobs/elsewhere`]}
    registry.manifest('v1', 'application/vnd.oci.image.manifest.v1+json', {schemaVersion: 2, config, layers: [foreign]})
    await pulled(at('web:v1'))
  })
})

test('nothing of what a registry says reaches the terminal as it is', async () => {
  registry.whim = (_request, response) => {
    response.writeHead(404).end(JSON.stringify({errors: [{code: 'X', message: '\u001b[2Jgone\nfor good'}]}))
    return true
  }
  expect((await failure(pulled(at('web:v1')))).text).toContain('( [2Jgone for good)'.replace('( ', '('))
})

test('a host that is not loopback is asked by HTTPS only', async () => {
  const proxy = await fakeRegistry()
  const surroundings = {
    ...bareSurroundings,
    environment: {HTTP_PROXY: `http://${proxy.host}`, HTTPS_PROXY: `http://${proxy.host}`},
  }
  await failure(pulled('registry.test/web', {surroundings}))
  expect(proxy.asked).toEqual([])
  await proxy.close()
})
