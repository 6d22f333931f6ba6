import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {has, inTurn, median, milliseconds, root, run} from './measure.mjs'
import {dockerd} from './peers.mjs'

const rounds = 7
const services = image =>
  ['a', 'b', 'c']
    .map(name => `  ${name}: {image: "${image}", command: /bin/sleep 1000, stop_signal: SIGKILL}`)
    .join('\n')

/** Three services up and down again, whole processes, each in turn. */
export async function* compose() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const docker = has('docker-compose') ? await dockerd() : undefined
  try {
    const runners = {ours: ours(directory)}
    if (docker) runners.theirs = theirs(directory, docker.socket)
    const seen = await inTurn(rounds, runners)
    yield {what: 'stack up -d and stack down', ...milliseconds(seen.ours)}
    if (!docker)
      return yield {what: 'docker-compose: apt-get install docker-compose docker.io', value: 'missing', unit: ''}
    yield {what: 'docker-compose up -d and down', ...milliseconds(seen.theirs)}
    yield {what: 'ratio', value: median(seen.theirs) / median(seen.ours), unit: 'x', goal: '> 5'}
  } finally {
    await docker?.stop()
    rmSync(directory, {recursive: true})
  }
}

function ours(directory) {
  const file = join(directory, 'ours.yaml')
  writeFileSync(file, `name: bench\nservices:\n${services('host://')}\n`)
  const stack = (...words) => run(process.execPath, [`${root}bin/stack`, '-f', file, ...words])
  stack('pull')
  return {go: () => stack('up', '-d') + stack('down')}
}

function theirs(directory, socket) {
  const file = join(directory, 'theirs.yaml')
  writeFileSync(file, `version: "3"\nservices:\n${services('bench')}\n`)
  const env = {...process.env, DOCKER_HOST: `unix://${socket}`, COMPOSE_PROJECT_NAME: 'bench'}
  const docker = (...words) => run('docker-compose', ['-f', file, ...words], {env})
  return {go: () => docker('up', '-d') + docker('down')}
}
