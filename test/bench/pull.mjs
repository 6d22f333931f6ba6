import {spawn} from 'node:child_process'
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {pushTestImage} from './image.mjs'
import {api, has, inTurn, median, milliseconds, root, run} from './measure.mjs'
import {daemonPid, socket} from './ours.mjs'

const rounds = 3
const containers = 100
/** In memory, as all that a private host has: how fast a disk takes files depends on what was removed before. */
const place = '/run/bench-pull'
const state = '/var/lib/stack'
const long = {timeout: 300_000}
const peers = ['docker-registry', 'podman', 'skopeo', 'umoci']

/** An image of a registry of this machine, until its layers are unpacked; then what its containers cost. */
export async function* pull() {
  const missing = peers.filter(each => !has(each))
  if (missing.includes('docker-registry')) {
    return yield {what: 'docker-registry: apt-get install docker-registry', value: 'missing', unit: ''}
  }
  rmSync(place, {recursive: true, force: true})
  mkdirSync(place, {recursive: true})
  const registry = await serve()
  const stack = stackIn(place)
  try {
    const {files, plain, packed} = await pushTestImage(registry.host)
    yield {what: 'registry and stores are in', value: 'memory', unit: '(tmpfs)'}
    yield {what: `the image: 8 layers, ${files} files, unpacked`, value: plain / 1e6, unit: 'MB'}
    yield {what: 'as it is transferred', value: packed / 1e6, unit: 'MB'}
    stack('-f', 'keep.yaml', 'up', '-d')
    const image = `${registry.host}/bench:latest`
    const seen = await inTurn(rounds, {
      ours: ours(image),
      ...(has('podman') && {podman: podman(image)}),
      ...(has('skopeo') && has('umoci') && {umoci: umoci(image)}),
    })
    yield {what: 'ours: pull and unpack', ...milliseconds(seen.ours)}
    if (seen.podman) yield {what: 'podman pull', ...milliseconds(seen.podman)}
    if (seen.umoci) yield {what: 'skopeo copy, umoci unpack', ...milliseconds(seen.umoci)}
    const ratio = theirs => ({value: median(theirs) / median(seen.ours), unit: 'x', goal: '>= 1.5'})
    if (seen.podman) yield {what: 'ours against podman', ...ratio(seen.podman)}
    if (seen.umoci) yield {what: 'ours against skopeo and umoci', ...ratio(seen.umoci)}
    for (const each of missing) yield {what: `${each}: apt-get install ${each}`, value: 'missing', unit: ''}
    yield {what: 'peak memory of the daemon', value: peak() / 1000, unit: 'MB', goal: '< 200'}
    await ours(image).go()
    yield {what: `disk of ${containers} created containers, each`, ...(await disk(image)), goal: '< 50'}
    yield* await ups(stack, image)
  } finally {
    stack('-f', 'keep.yaml', 'down')
    registry.stop()
    rmSync(place, {recursive: true, force: true})
  }
}

function stackIn(directory) {
  writeFileSync(
    join(directory, 'keep.yaml'),
    'name: keep\nservices: {keep: {image: "host://", command: sleep 10000}}\n',
  )
  return (...words) => run(process.execPath, [`${root}bin/stack`, ...words], {cwd: directory, ...long})
}

async function serve() {
  const host = '127.0.0.1:5990'
  const config = {
    version: '0.1',
    log: {level: 'error', accesslog: {disabled: true}},
    storage: {filesystem: {rootdirectory: join(place, 'registry')}},
    http: {addr: host},
  }
  writeFileSync(join(place, 'registry.json'), JSON.stringify(config))
  const child = spawn('docker-registry', ['serve', join(place, 'registry.json')], {stdio: 'ignore'})
  for (let look = 0; ; look++) {
    const isThere = await fetch(`http://${host}/v2/`).then(
      () => true,
      () => false,
    )
    if (isThere) return {host, stop: () => child.kill('SIGKILL')}
    if (look > 200) throw new Error('docker-registry does not answer')
    await sleep(50)
  }
}

function ours(image) {
  return {
    go() {
      const url = `http://stack/images/create?fromImage=${encodeURIComponent(image)}`
      const said = run('curl', ['-sS', '--unix-socket', socket, '-X', 'POST', url], long)
      if (said.includes('errorDetail')) throw new Error(said)
    },
    back: () => ask('DELETE', `/images/${image}`),
  }
}

function podman(image) {
  const at = ['--root', join(place, 'podman'), '--runroot', join(place, 'podman-run'), '--storage-driver', 'overlay']
  const call = (...words) => run('podman', [...at, ...words], long)
  return {go: () => call('pull', '-q', '--tls-verify=false', image), back: () => call('rmi', image)}
}

function umoci(image) {
  const [layout, bundle] = [join(place, 'layout'), join(place, 'bundle')]
  return {
    go() {
      run('skopeo', ['copy', '-q', '--src-tls-verify=false', `docker://${image}`, `oci:${layout}:bench`], long)
      run('umoci', ['unpack', '--image', `${layout}:bench`, bundle], long)
    },
    back() {
      for (const each of [layout, bundle]) rmSync(each, {recursive: true})
    },
  }
}

/** Over a connection of its own: one that was kept may be closed while this process waits for a command. */
const ask = (method, path, body) => api(socket)(method, path, body)

/** The most that the daemon had in memory at any time, in kB. */
function peak() {
  const status = readFileSync(`/proc/${daemonPid()}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)[1])
}

async function disk(image) {
  const before = used()
  const ids = []
  for (let index = 0; index < containers; index++) {
    ids.push((await ask('POST', `/containers/create?name=disk${index}`, {Image: image, Cmd: ['true']})).Id)
  }
  const value = (used() - before) / containers / 1000
  for (const id of ids) await ask('DELETE', `/containers/${id}`)
  return {value, unit: 'kB'}
}

/** As a disk counts, where a directory is a block at least. */
function used() {
  const lines = run('find', [state, '-xdev', '-printf', '%b %y\\n'], {maxBuffer: 1 << 28})
    .trimEnd()
    .split('\n')
  const blocks = lines.map(line => line.split(' ')).map(([blocks, type]) => (type === 'd' ? 8 : Number(blocks)))
  return 512 * blocks.reduce((sum, each) => sum + each, 0)
}

/** `up` of one service whose image is there, beside the same of host://. */
async function ups(stack, image) {
  const runner = (name, reference) => {
    const text = `name: ${name}\nservices: {web: {image: "${reference}", command: /bin/busybox sleep 1000, stop_signal: SIGKILL}}\n`
    writeFileSync(join(place, `${name}.yaml`), text)
    return {go: () => stack('-f', `${name}.yaml`, 'up', '-d'), back: () => stack('-f', `${name}.yaml`, 'down')}
  }
  const seen = await inTurn(7, {image: runner('pulled', image), host: runner('host', 'host://')})
  const value = median(seen.image) / median(seen.host)
  return [
    {what: 'stack up -d of the image, present', ...milliseconds(seen.image)},
    {what: 'the same of host://', ...milliseconds(seen.host)},
    {what: 'ratio', value, unit: 'x', goal: '~ 1'},
  ]
}
