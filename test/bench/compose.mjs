import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {has, median, root, run, timed} from './measure.mjs'
import {dockerd} from './peers.mjs'

const times = 7
const services = image =>
  ['a', 'b', 'c']
    .map(name => `  ${name}: {image: "${image}", command: /bin/sleep 1000, stop_signal: SIGKILL}`)
    .join('\n')

/** Three services up and down again, whole processes. */
export async function* compose() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const [ourFile, theirFile] = [join(directory, 'ours.yaml'), join(directory, 'theirs.yaml')]
  writeFileSync(ourFile, `name: bench\nservices:\n${services('host://')}\n`)
  writeFileSync(theirFile, `version: "3"\nservices:\n${services('bench')}\n`)
  const stack = (...words) => run(process.execPath, [`${root}bin/stack.mjs`, '-f', ourFile, ...words])
  stack('pull')
  const ours = median(await timed(times, () => stack('up', '-d') + stack('down')))
  yield {what: 'stack up -d and stack down', value: ours, unit: 'ms'}
  const peer = has('docker-compose') ? await dockerd() : undefined
  if (!peer) return yield {what: 'docker-compose: apt install docker-compose docker.io', value: 'missing', unit: ''}
  try {
    const env = {...process.env, DOCKER_HOST: `unix://${peer.socket}`, COMPOSE_PROJECT_NAME: 'bench'}
    const docker = (...words) => run('docker-compose', ['-f', theirFile, ...words], {env})
    const theirs = median(await timed(3, () => docker('up', '-d') + docker('down')))
    yield {what: 'docker-compose up -d and down', value: theirs, unit: 'ms'}
    yield {what: 'ratio', value: theirs / ours, unit: 'x', goal: '> 5'}
  } finally {
    await peer.stop()
    rmSync(directory, {recursive: true})
  }
}
