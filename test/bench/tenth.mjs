import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'
import {has, median, milliseconds, root, run} from './measure.mjs'
import {compiled, dockerd} from './peers.mjs'

const rounds = 5

const file = (image, stream) => `services:
  web:
    image: ${image}
    command: [/stream, serve, "3000"]
    volumes: &volumes ["${stream}:/stream:ro"]
    stop_signal: SIGKILL
  client:
    image: ${image}
    command: [sleep, infinity]
    volumes: *volumes
    stop_signal: SIGKILL
`

/** From the start of the command to the tenth replica that answers a neighbour who asks for the service by its name. */
export async function* tenth() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  // Where docker finds this off it drops all that others forward.
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')
  const docker = has('docker-compose') ? await dockerd() : undefined
  try {
    const stream = compiled('stream')
    const programs = {ours: ours(directory, stream), ...(docker && {theirs: theirs(directory, stream, docker.socket)})}
    const seen = Object.fromEntries(Object.keys(programs).map(name => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (const [name, program] of Object.entries(programs)) seen[name].push(await measured(program))
    }
    yield {what: 'stack scale web=10, from 1, to the tenth that answers by the service', ...milliseconds(seen.ours)}
    if (!docker)
      return yield {what: 'docker-compose: apt-get install docker-compose docker.io', value: 'missing', unit: ''}
    yield {what: 'docker-compose up --scale web=10, all addresses of the name', ...milliseconds(seen.theirs)}
    yield {what: 'ratio', value: median(seen.theirs) / median(seen.ours), unit: 'x'}
  } finally {
    await docker?.stop()
    rmSync(directory, {recursive: true})
  }
}

function ours(directory, stream) {
  const path = join(directory, 'ours.yaml')
  writeFileSync(path, `name: bench\n${file('host://', stream)}`)
  return {
    command: [process.execPath, `${root}bin/stack`, '-f', path],
    options: {},
    scale: ['scale', 'web=10'],
  }
}

/** The C library of its containers is this host's. */
function theirs(directory, stream, socket) {
  const path = join(directory, 'theirs.yaml')
  const libraries = ['/usr', '/lib', '/lib64'].map(each => `"${each}:${each}:ro"`).join(', ')
  const text = `version: "3"\n${file('bench', stream)}`
  writeFileSync(path, text.replace('volumes: &volumes [', `$&${libraries}, `))
  return {
    command: ['docker-compose', '-f', path, '-p', 'bench'],
    options: {env: {...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: '/run/bench/none'}},
    scale: ['up', '-d', '--no-recreate', '--scale', 'web=10', 'web'],
  }
}

/** Milliseconds. */
async function measured({command: [program, ...words], options, scale}) {
  const compose = (...more) => run(program, [...words, ...more], options)
  compose('up', '-d')
  const asking = [...words, 'exec', '-T', 'client', '/stream', 'until', 'web', '3000', '10']
  const client = spawn(program, asking, {...options, stdio: ['ignore', 'pipe', 'inherit']})
  try {
    const said = createInterface(client.stdout)[Symbol.asyncIterator]()
    await next(said)
    const began = Number(process.hrtime.bigint()) / 1e6
    compose(...scale)
    return Number(await next(said)) - began
  } finally {
    client.kill('SIGKILL')
    compose('down', '-t', '0')
  }
}

/** A line; not waited for longer than 20 s. */
async function next(lines) {
  const late = sleep(20_000, {done: true}, {ref: false})
  const {value, done} = await Promise.race([lines.next(), late])
  if (done) throw new Error('not enough replicas answered')
  return value
}
