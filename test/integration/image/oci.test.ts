import {execFileSync} from 'node:child_process'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {describe as chain, hintOf, StackError} from '../../../src/base/error.ts'
import type {Descriptor} from '../../../src/model/oci.ts'
import {openImages, type PullImage} from '../../../src/runtime/image/images.ts'
import {busyboxLayer, dockerArchive, imageOf, type TestImage, writeLayout} from '../../support/oci.ts'
import {digestOf, tarOf} from '../../support/tar.ts'
import {Machine} from '../container/machine.ts'

let base: string
let directory: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'stack-oci-'))
  directory = join(base, 'images')
})
afterEach(() => rmSync(base, {recursive: true, force: true}))

async function opened(pullImage?: PullImage) {
  const images = openImages({paths: {images: directory}, ...(pullImage === undefined ? {} : {pullImage})})
  await images.load()
  return images
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

const names = (of: string) => (existsSync(join(directory, of)) ? readdirSync(join(directory, of)).sort() : [])
const failure = (action: Promise<unknown>) =>
  action.then(
    () => 'no failure',
    error => chain(error),
  )
const quiet = () => undefined

const layer = (name: string, data = name) => gzipSync(tarOf({name, data}))
const shared = layer('shared')

/** In the place of a registry: gives what it has into the store, as a pull does. */
const registryOf =
  (image: () => TestImage): PullImage =>
  async (_reference, {content, progress}) => {
    const {layers, config} = image()
    const put = async (bytes: Buffer, mediaType: string): Promise<Descriptor> => {
      const found = {mediaType, digest: digestOf(bytes), size: bytes.length}
      await content.ingest(
        found,
        async offset => once(bytes.subarray(offset)),
        done => progress(found.digest, done, found.size),
      )
      return found
    }
    const parts = {
      config: await put(config, 'application/vnd.docker.container.image.v1+json'),
      layers: await Promise.all(
        layers.map(({stored}) => put(stored, 'application/vnd.docker.image.rootfs.diff.tar.gzip')),
      ),
    }
    const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
    const manifest = await put(Buffer.from(JSON.stringify({schemaVersion: 2, mediaType, ...parts})), mediaType)
    return {...parts, manifest, digest: manifest.digest}
  }

describe('an image of a registry', () => {
  const config = {
    User: 'web',
    Env: ['A=1'],
    Entrypoint: ['/bin/sh', '-c'],
    Cmd: ['id'],
    WorkingDir: '/made/for/it',
    Volumes: {'/data': {}},
    ExposedPorts: {'80/tcp': {}, '53': {}},
    Labels: {a: 'b'},
    StopSignal: 'SIGQUIT',
    Shell: ['/bin/ash', '-ec'],
    Healthcheck: {Test: ['CMD-SHELL', 'true'], Interval: 3e9, Retries: 7},
  }

  test('is found by reference, digest, id and short id, over a restart, with all that it says of itself', async () => {
    const made = imageOf([shared, layer('own')], config, {
      history: [
        {created_by: 'COPY', created: '2024-01-01T00:00:00Z'},
        {created_by: 'CMD', empty_layer: true},
      ],
    })
    const lines: string[] = []
    const image = await (await opened(registryOf(() => made))).pull('example.test:5000/team/web', line =>
      lines.push(line),
    )
    const images = await opened()
    expect(image.id).toBe(made.id)
    expect(image.references).toEqual(['example.test:5000/team/web:latest'])
    const digest = image.digests?.[0] ?? ''
    expect(digest).toMatch(/^example\.test:5000\/team\/web@sha256:[0-9a-f]{64}$/)
    for (const name of [
      'example.test:5000/team/web',
      'example.test:5000/team/web:latest',
      digest,
      `example.test:5000/team/web:any@${digest.split('@')[1]}`,
      made.id,
      made.id.slice(7, 19),
    ]) {
      expect(images.find(name), name).toEqual(image)
    }
    expect(image.config).toEqual({
      user: 'web',
      env: ['A=1'],
      entrypoint: ['/bin/sh', '-c'],
      cmd: ['id'],
      workingDir: '/made/for/it',
      volumes: ['/data'],
      exposedPorts: expect.arrayContaining(['80/tcp', '53/tcp']),
      labels: {a: 'b'},
      stopSignal: 'SIGQUIT',
      shell: ['/bin/ash', '-ec'],
      healthcheck: {test: ['CMD-SHELL', 'true'], interval: 3000, retries: 7},
    })
    expect(image.created).toBe(Date.parse('2024-05-06T07:08:09Z'))
    expect(image.oci).toMatchObject({
      author: 'a test',
      history: [
        {createdBy: 'COPY', emptyLayer: false},
        {createdBy: 'CMD', emptyLayer: true},
      ],
    })
    expect(image.layers.map(each => readdirSync(each))).toEqual([['own'], ['shared']])
    expect(image.size).toBeGreaterThan(8000)
    expect(lines.at(-1)).toBe('example.test:5000/team/web:latest: unpacking 2 layers')
  })

  test('shares the layers that it has in common with others, which stay as long as one of them', async () => {
    let next = imageOf([shared, layer('one')])
    const images = await opened(registryOf(() => next))
    await images.pull('one', quiet)
    next = imageOf([shared, layer('two')])
    await images.pull('two', quiet)
    expect(names('layers')).toHaveLength(3)
    expect(names('blobs/sha256')).toHaveLength(7)
    const [removal] = [await images.remove('one')]
    expect(removal).toMatchObject({untagged: ['one:latest', expect.stringMatching(/^one@sha256:/)], deleted: true})
    expect(removal.freed).toBeGreaterThan(4000)
    expect(names('layers')).toHaveLength(2)
    expect(names('blobs/sha256')).toHaveLength(4)
    expect(readFileSync(join(images.find('two')!.layers[1]!, 'shared'), 'utf8')).toBe('shared')
    await images.remove(images.find('two')!.id)
    expect([names('layers'), names('blobs/sha256'), names('records'), names('names')]).toEqual([[], [], [], []])
  })

  test('a tag that moved leaves the old image under its digest; prune takes it, and leaves what is used', async () => {
    let next = imageOf([layer('old')])
    const images = await opened(registryOf(() => next))
    const old = await images.pull('web:1', quiet)
    next = imageOf([layer('new')])
    const fresh = await images.pull('web:1', quiet)
    expect(images.find('web:1')?.id).toBe(fresh.id)
    expect(images.find(old.digests![0]!)?.references).toEqual([])
    expect(await images.prune({all: false, used: new Set([old.id])})).toEqual([])
    expect(await images.prune({all: false, used: new Set()})).toMatchObject([{id: old.id, deleted: true}])
    expect(await images.prune({all: true, used: new Set([fresh.id])})).toEqual([])
    expect(await images.prune({all: true, used: new Set()})).toMatchObject([{id: fresh.id}])
    expect(names('layers')).toEqual([])
  })

  test('gets more names, and goes with the last', async () => {
    const images = await opened(registryOf(() => imageOf([shared])))
    const {id} = await images.pull('web', quiet)
    await images.tag('web', 'example.test/mine:2')
    await images.tag(id.slice(7, 19), 'third')
    expect(images.find('third:latest')?.references).toEqual(['web:latest', 'example.test/mine:2', 'third:latest'])
    await expect(images.tag('web', 'host://')).rejects.toMatchObject({code: 'bad-request'})
    await expect(images.tag('nobody', 'x')).rejects.toMatchObject({code: 'image-not-found'})
    expect(await images.remove('web')).toMatchObject({deleted: false, freed: 0})
    await images.remove('example.test/mine:2')
    expect(await images.remove('third')).toMatchObject({deleted: true})
  })

  test.each<[string, TestImage, string]>([
    ['of another machine', imageOf([], {}, {architecture: 's390x'}), 'it is made for s390x'],
    [
      'with too many layers',
      imageOf(Array.from({length: 491}, () => shared)),
      'it has 491 layers, and the kernel stacks 490',
    ],
    [
      'whose configuration is none',
      {...imageOf([shared]), config: Buffer.from('[]')},
      'the image configuration is not an object',
    ],
    [
      'with other layers than it says',
      {...imageOf([shared]), config: imageOf([layer('x')]).config},
      'its content is not what the image says',
    ],
    [
      'with fewer layers than it says',
      {...imageOf([]), config: imageOf([shared]).config},
      'its configuration names 1 layers, its manifest 0',
    ],
    ['with a hostile layer', imageOf([shared, layer('../out')]), 'entry "../out" is refused'],
  ])('%s is refused, and nothing is left after the next load', async (_what, image, message) => {
    expect(await failure((await opened(registryOf(() => image))).pull('web', quiet))).toContain(message)
    expect(names('incoming')).toEqual([])
    expect((await opened()).list()).toEqual([])
    expect([names('layers'), names('blobs/sha256'), names('records'), names('claims')]).toEqual([[], [], [], []])
  })

  test('what one process is making, another does not clean up', async () => {
    let resume: () => void = quiet
    const paused = new Promise<void>(resolve => {
      resume = resolve
    })
    const image = imageOf([shared])
    const slow: PullImage = async (reference, options) => {
      const pulled = await registryOf(() => image)(reference, options)
      await paused
      return pulled
    }
    const pulling = (await opened(slow)).pull('web', quiet)
    await expect.poll(() => names('blobs/sha256').length).toBe(3)
    await opened()
    expect(names('blobs/sha256')).toHaveLength(3)
    resume()
    expect((await pulling).id).toBe(image.id)
  })

  test('where the hub cannot be reached, what serves in place of a well-known name is said', async () => {
    const unreachable: PullImage = async () => {
      throw new StackError('image-failed', 'connection failed', {hint: 'is it running?'})
    }
    const images = await opened(unreachable)
    const hintFor = (name: string) => images.pull(name, quiet).then(() => undefined, hintOf)
    expect(await hintFor('redis:7')).toBe('is it running?; or write image: apt://redis-server, which needs no registry')
    expect(await hintFor('example.test/redis:7')).toBe('is it running?')
    expect(images.list()).toEqual([])
  })

  test('layers are for containers, not for users of the host', async () => {
    await (await opened(registryOf(() => imageOf([shared])))).pull('web', quiet)
    expect(statSync(join(directory, 'layers')).mode & 0o777).toBe(0o700)
  })
})

describe('archives', () => {
  const image = imageOf([shared, layer('second'), shared], {Cmd: ['x']})

  test('what docker save writes, packed or not, with several images and links for layers that come again', async () => {
    const other = imageOf([shared])
    const archive = dockerArchive(
      {image, names: ['web:1', 'docker.io/library/web:2']},
      {image: other, names: ['other']},
    )
    for (const bytes of [archive, gzipSync(archive)]) {
      const images = await opened()
      const loaded = await images.import(once(bytes))
      expect(loaded.map(each => each.image.id)).toEqual([image.id, other.id])
      expect(images.find('web:2')).toMatchObject({id: image.id, references: ['web:1', 'web:2'], digests: []})
      expect(images.find('other:latest')?.id).toBe(other.id)
      await images.prune({all: true, used: new Set()})
      expect(names('blobs/sha256')).toEqual([])
    }
  })

  test('links in place of layers', async () => {
    const one = imageOf([tarOf({name: 'a'}), tarOf({name: 'a'})])
    const config = {name: 'c.json', data: one.config}
    const manifest = {
      name: 'manifest.json',
      data: JSON.stringify([{Config: 'c.json', RepoTags: null, Layers: ['1/layer.tar', '2/layer.tar']}]),
    }
    const archive = tarOf(
      config,
      {name: '2/layer.tar', type: '2', link: '../1/layer.tar'},
      {name: '1/layer.tar', data: one.layers[0]!.plain},
      manifest,
    )
    const [loaded] = await (await opened()).import(once(archive))
    expect(loaded).toMatchObject({image: {id: one.id, references: []}, names: []})
    expect(loaded?.image.layers).toHaveLength(2)
  })

  test('an image layout: a directory, or in a tar', async () => {
    const layout = join(base, 'layout')
    writeLayout(layout, image)
    const tar = join(base, 'layout.tar')
    execFileSync('tar', ['-cf', tar, '-C', layout, '.'])
    const images = await opened()
    expect((await images.pull(`oci-layout://${layout}`, quiet)).id).toBe(image.id)
    expect((await images.pull(`docker-archive://${tar}`, quiet)).id).toBe(image.id)
    expect(images.find(`oci-layout://${layout}`)?.layers.map(each => readdirSync(each)[0])).toEqual([
      'shared',
      'second',
      'shared',
    ])
  })

  test('a layout whose layers are packed with zstd', async () => {
    const layout = join(base, 'layout')
    const plain = tarOf({name: 'file', data: 'content'})
    const zstd = execFileSync('zstd', ['-q', '-c'], {input: plain})
    const made = {...imageOf([plain]), layers: [{plain, stored: zstd}]}
    writeLayout(layout, made, 'application/vnd.oci.image.layer.v1.tar+zstd')
    const found = await (await opened()).pull(`oci-layout://${layout}`, quiet)
    expect(readFileSync(join(found.layers[0]!, 'file'), 'utf8')).toBe('content')
  })

  test('what is saved can be loaded again, and is a layout and a docker archive in one', async () => {
    const images = await opened(registryOf(() => image))
    await images.pull('web:1', quiet)
    await images.tag('web:1', 'also')
    const pieces: Buffer[] = []
    for await (const piece of images.export(['web:1', 'also'])) pieces.push(piece)
    const archive = Buffer.concat(pieces)
    const tar = join(base, 'saved.tar')
    writeFileSync(tar, archive)
    execFileSync('sh', [
      '-c',
      `mkdir ${base}/saved && tar -xf ${tar} -C ${base}/saved && cd ${base}/saved/blobs/sha256 && sha256sum * | awk '$1 != $2 {exit 1}'`,
    ])
    expect(readdirSync(join(base, 'saved')).sort()).toEqual(['blobs', 'index.json', 'manifest.json', 'oci-layout'])
    await images.prune({all: true, used: new Set()})
    await images.import(once(archive))
    expect(images.find('web:1')).toMatchObject({id: image.id, references: ['web:1', 'also:latest']})
    const [manifest] = JSON.parse(readFileSync(join(base, 'saved/index.json'), 'utf8')).manifests
    expect(images.find('also')?.oci?.manifest.digest).toBe(manifest.digest)
  })

  test.each<[string, () => Buffer, string]>([
    ['no image', () => tarOf({name: 'x'}), 'has no image for this machine'],
    ['no archive', () => Buffer.from('nothing'), 'ends within a header'],
    [
      'a missing layer',
      () =>
        tarOf(
          {name: 'c.json', data: image.config},
          {name: 'manifest.json', data: '[{"Config":"c.json","Layers":["l.tar"]}]'},
        ),
      'the archive lacks "l.tar"',
    ],
    [
      'a path upwards',
      () => tarOf({name: 'manifest.json', data: '[{"Config":"../../etc/passwd","Layers":[]}]'}),
      'leads upwards',
    ],
    [
      'a blob of another digest',
      () => tarOf({name: `blobs/sha256/${'0'.repeat(64)}`, data: 'x'}),
      'its digest is sha256:2d71',
    ],
    [
      'links in a circle',
      () => tarOf({name: 'a', type: '2', link: 'a'}, {name: 'manifest.json', data: '[{"Config":"a"}]'}),
      'the archive lacks "a"',
    ],
    ['a name of ours', () => dockerArchive({image, names: ['host://']}), 'the archive names an image "host://"'],
    ['a manifest that is none', () => tarOf({name: 'manifest.json', data: '{'}), 'manifest.json is not JSON'],
  ])('%s is refused, and nothing is left', async (_what, archive, message) => {
    expect(await failure((await opened()).import(once(archive())))).toContain(message)
    expect((await opened()).list()).toEqual([])
    expect([names('layers'), names('blobs/sha256'), names('blobs/incoming'), names('claims')]).toEqual([[], [], [], []])
  })
})

describe('containers of an image', () => {
  test('see its layers, and their accounts; volumes begin with what the image has', async () => {
    const top = tarOf(
      {name: 'data/.wh.seed'},
      {name: 'data/other', data: 'upper', uid: 33},
      {name: 'etc/', type: '5'},
      {name: 'etc/.wh..wh..opq'},
      {name: 'etc/passwd', data: 'root:x:0:0::/:/bin/sh\nalice:x:77:78::/home/alice:/bin/sh\n'},
      {name: 'etc/group', data: 'staff:x:90:alice\n'},
    )
    const made = imageOf([gzipSync(busyboxLayer()), gzipSync(top)])
    const image = await (await opened(registryOf(() => made))).pull('web', quiet)
    await using machine = await Machine.start(undefined, image)
    await machine.volumes.create({name: 'fresh', driver: 'local', options: {}, labels: {}})
    await machine.volumes.create({name: 'bare', driver: 'local', options: {}, labels: {}})
    const script = 'id -u; id -G; pwd; ls /data /bare; stat -c "%u:%g %a" /data; cat /data/other; echo; ls /etc | sort'
    const mount = {type: 'volume', anonymous: false, readOnly: false} as const
    const said = await machine.output(script, {
      config: {user: 'alice', workingDir: '/made/for/it'},
      mounts: [
        {...mount, name: 'fresh', target: '/data', nocopy: false},
        {...mount, name: 'bare', target: '/bare', nocopy: true},
      ],
    })
    expect(said.trim().split('\n')).toEqual([
      '77',
      '78 90',
      '/made/for/it',
      '/bare:',
      '',
      '/data:',
      'other',
      '33:34 755',
      'upper',
      'group',
      'hostname',
      'hosts',
      'passwd',
      'resolv.conf',
    ])
  })

  test('hundreds of layers, and no copy of them for a container', async () => {
    const layers = Array.from({length: 300}, (_, index) =>
      tarOf({name: `many/${index}`, data: String(index)}, {name: 'last', data: String(index)}),
    )
    const made = imageOf([gzipSync(busyboxLayer()), ...layers])
    const image = await (await opened(registryOf(() => made))).pull('deep', quiet)
    await using machine = await Machine.start(undefined, image)
    expect((await machine.output('ls /many | grep -c .; cat /last; rm /many/7; ls /many | grep -c .')).trim()).toBe(
      '300\n299299',
    )
    const ids = await Promise.all(Array.from({length: 20}, () => machine.create('true')))
    for (const id of ids) {
      const kilobytes = execFileSync('du', ['-sk', machine.paths.container(id).directory], {encoding: 'utf8'})
      expect(Number.parseInt(kilobytes, 10)).toBeLessThan(50)
    }
  })

  test('without any layer can be created, and says what is missing', async () => {
    const image = await (await opened(registryOf(() => imageOf([])))).pull('scratch', quiet)
    await using machine = await Machine.start(undefined, image)
    await expect(machine.run('true')).rejects.toMatchObject({code: 'program-not-found'})
  })
})
