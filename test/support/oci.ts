import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gunzipSync} from 'node:zlib'
import {digestOf, type TarPart, tarOf} from './tar.ts'

/** An image that a test makes: its layers' archives (as they are stored, and unpacked), and its configuration's bytes. */
export type TestImage = {
  readonly layers: ReadonlyArray<{readonly stored: Buffer; readonly plain: Buffer}>
  readonly config: Buffer
  readonly id: string
}

export function imageOf(
  layers: readonly Buffer[],
  config: object = {},
  {
    architecture = process.arch === 'x64' ? 'amd64' : process.arch,
    ...more
  }: {architecture?: string; history?: object[]} = {},
): TestImage {
  const all = layers.map(stored => ({
    stored,
    plain: stored[0] === 0x1f && stored[1] === 0x8b ? gunzipSync(stored) : stored,
  }))
  const text = {
    created: '2024-05-06T07:08:09Z',
    author: 'a test',
    architecture,
    os: 'linux',
    config,
    rootfs: {type: 'layers', diff_ids: all.map(each => digestOf(each.plain))},
    ...more,
  }
  const bytes = Buffer.from(JSON.stringify(text))
  return {layers: all, config: bytes, id: digestOf(bytes)}
}

const hex = (bytes: Buffer) => digestOf(bytes).slice(7)

/** As `docker save` wrote until 2023. */
export function dockerArchive(...images: ReadonlyArray<{image: TestImage; names: string[]}>): Buffer {
  return tarOf(
    ...images.flatMap(({image}): TarPart[] => [
      ...image.layers.map(({plain, stored}) => ({name: `${hex(plain)}/layer.tar`, data: stored})),
      {name: `${hex(image.config)}.json`, data: image.config},
    ]),
    {
      name: 'manifest.json',
      data: JSON.stringify(
        images.map(({image, names}) => ({
          Config: `${hex(image.config)}.json`,
          RepoTags: names,
          Layers: image.layers.map(({plain}) => `${hex(plain)}/layer.tar`),
        })),
      ),
    },
  )
}

/** An OCI image layout in a directory. */
export function writeLayout(
  directory: string,
  image: TestImage,
  layerType = 'application/vnd.oci.image.layer.v1.tar+gzip',
): void {
  const blobs = join(directory, 'blobs/sha256')
  mkdirSync(blobs, {recursive: true})
  const put = (bytes: Buffer, mediaType: string) => {
    writeFileSync(join(blobs, hex(bytes)), bytes)
    return {mediaType, digest: digestOf(bytes), size: bytes.length}
  }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: put(image.config, 'application/vnd.oci.image.config.v1+json'),
    layers: image.layers.map(({stored}) => put(stored, layerType)),
  }
  const manifests = [put(Buffer.from(JSON.stringify(manifest)), mediaType)]
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(join(directory, 'index.json'), JSON.stringify({schemaVersion: 2, manifests}))
}

/** A small system: a shell and its programs, accounts, and a seed for volumes. */
export const busyboxLayer = (): Buffer =>
  tarOf(
    {name: 'bin/', type: '5'},
    {name: 'bin/busybox', data: readFileSync('/bin/busybox'), mode: 0o755},
    ...[
      'sh',
      'cat',
      'id',
      'ls',
      'pwd',
      'stat',
      'env',
      'echo',
      'touch',
      'rm',
      'mkdir',
      'sleep',
      'find',
      'sort',
      'head',
      'dd',
      'grep',
    ].map((name): TarPart => ({name: `bin/${name}`, type: '2', link: 'busybox'})),
    {name: 'etc/passwd', data: 'root:x:0:0::/root:/bin/sh\nweb:x:33:34::/var/www:/bin/sh\n'},
    {name: 'etc/group', data: 'root:x:0:\nwww:x:34:\nextra:x:50:web\n'},
    {name: 'tmp/', type: '5', mode: 0o1777},
    {name: 'data/', type: '5', mode: 0o755, uid: 33, gid: 34},
    {name: 'data/seed', data: 'seeded', uid: 33, mode: 0o640},
  )
