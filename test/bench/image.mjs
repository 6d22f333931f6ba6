import {createHash} from 'node:crypto'
import {readFileSync, rmSync, writeFileSync} from 'node:fs'
import {gzipSync} from 'node:zlib'
import {root, run} from './measure.mjs'

const layers = 8
const layerBytes = 37_500_000

/** Files of this machine in 8 layers of a gzipped tar each, 300 MB in all, in a registry under `bench:latest`. */
export async function pushTestImage(host) {
  const shares = shared(listed())
  const files = shares.flat().length
  const described = []
  const diffIds = []
  let plain = 0
  for (const [index, paths] of shares.entries()) {
    const tar = archive(index === 0 ? ['/bin/busybox', ...paths] : paths)
    plain += tar.length
    diffIds.push(digestOf(tar))
    described.push(await blob(host, gzipSync(tar, {level: 6}), 'application/vnd.oci.image.layer.v1.tar+gzip'))
  }
  const config = {architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux', config: {Cmd: ['sh']}}
  const text = Buffer.from(JSON.stringify({...config, rootfs: {type: 'layers', diff_ids: diffIds}}))
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: await blob(host, text, 'application/vnd.oci.image.config.v1+json'),
    layers: described,
  }
  const url = `http://${host}/v2/bench/manifests/latest`
  await expected(201, url, {method: 'PUT', headers: {'content-type': mediaType}, body: JSON.stringify(manifest)})
  return {files, plain, packed: described.reduce((sum, each) => sum + each.size, 0)}
}

/** Sizes and paths of files, taken evenly from all that there are. */
function listed() {
  const words = ['/usr/bin', '/usr/lib', '/usr/share', '-xdev', '-type', 'f', '-printf', '%s\\t%p\\n']
  const lines = run('find', words, {maxBuffer: 1 << 28})
    .trimEnd()
    .split('\n')
    .sort(byPath)
  const files = lines.map(line => line.split('\t')).map(([size, path]) => ({size: Number(size), path}))
  const honest = files.filter(each => each.size < layerBytes / 4)
  const sum = honest.reduce((total, each) => total + inArchive(each), 0)
  const stride = Math.max(1, Math.floor(sum / (layers * layerBytes)))
  return honest.filter((_, index) => index % stride === 0)
}

const byPath = (one, other) => (one.split('\t')[1] < other.split('\t')[1] ? -1 : 1)
const inArchive = ({size}) => 512 + Math.ceil(size / 512) * 512

/** Each layer as large as the others, as far as there are files. */
function shared(files) {
  const shares = Array.from({length: layers}, () => [])
  let bytes = 0
  for (const file of files) {
    const index = Math.floor(bytes / layerBytes)
    if (index >= layers) break
    shares[index].push(file.path)
    bytes += inArchive(file)
  }
  return shares
}

/** As builders do: directories before what is in them. */
function withParents(paths) {
  const parents = new Set()
  for (const path of paths) {
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) parents.add(path.slice(0, at))
  }
  return [...[...parents].sort(), ...paths]
}

function archive(paths) {
  const [list, tar] = [`${root}build/bench-list`, `${root}build/bench-tar`]
  writeFileSync(list, withParents(paths).join('\n'))
  try {
    run('tar', [
      '-cf',
      tar,
      '--numeric-owner',
      '--no-recursion',
      '--hard-dereference',
      '-P',
      '--transform=s,^/,,',
      '-T',
      list,
    ])
    return readFileSync(tar)
  } finally {
    for (const each of [list, tar]) rmSync(each, {force: true})
  }
}

async function blob(host, bytes, mediaType) {
  const digest = digestOf(bytes)
  const {headers} = await expected(202, `http://${host}/v2/bench/blobs/uploads/`, {method: 'POST'})
  const to = new URL(headers.get('location'), `http://${host}`)
  to.searchParams.set('digest', digest)
  await expected(201, to, {method: 'PUT', body: bytes, headers: {'content-type': 'application/octet-stream'}})
  return {mediaType, digest, size: bytes.length}
}

async function expected(status, url, options) {
  const answer = await fetch(url, options)
  if (answer.status === status) return answer
  throw new Error(`${options.method} ${url}: ${answer.status} ${await answer.text()}`)
}

const digestOf = bytes => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
