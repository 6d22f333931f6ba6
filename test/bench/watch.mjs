import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {median, root} from './measure.mjs'
import {withProject} from './ours.mjs'

const edits = 200
const patience = 10_000
const project = `name: bench
services:
  web:
    image: host://
    command: sleep infinity
    stop_signal: SIGKILL
    scale: 3
    develop: {watch: [{action: sync, path: ./src, target: /app}]}
  bound:
    image: host://
    command: sleep infinity
    stop_signal: SIGKILL
    volumes: ["./src:/app"]
`

/** From the save to the same bytes inside all replicas, looked at by /proc/PID/root; 200 edits of a file of 8 KB. */
export async function* watch() {
  const {synced, bound} = await withProject(project, async ({ask, directory}) => {
    mkdirSync(join(directory, 'src'), {recursive: true})
    const pids = async service => {
      const filters = encodeURIComponent(JSON.stringify({label: [`com.docker.compose.service=${service}`]}))
      const all = await ask('GET', `/containers/json?filters=${filters}`)
      return Promise.all(all.map(async ({Id}) => (await ask('GET', `/containers/${Id}/json`)).State.Pid))
    }
    const [web, others] = [await pids('web'), await pids('bound')]
    const bound = await measured(directory, others)
    const watcher = spawn(process.execPath, [`${root}bin/stack.mjs`, '--progress', 'json', 'watch', '--no-up'], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await once(watcher.stderr, 'data')
    watcher.stderr.resume()
    try {
      return {bound, synced: await measured(directory, web)}
    } finally {
      watcher.kill('SIGINT')
      await once(watcher, 'exit')
    }
  })
  const least = Math.min(...synced)
  yield {what: 'save to visible in all of 3 replicas, median', value: median(synced), least, unit: 'ms', goal: '120 ms'}
  yield {what: 'the same, 99th percentile of 200', value: percentile(synced, 0.99), unit: 'ms', goal: '400 ms'}
  yield {what: 'the same by a bind mount, median', value: median(bound), unit: 'ms'}
}

async function measured(directory, pids) {
  const values = []
  for (let edit = 0; edit < edits; edit++) {
    const text = `${edit} `.repeat(2000)
    await sleep(20 + ((edit * 7) % 60))
    const began = performance.now()
    writeFileSync(join(directory, 'src/file'), text)
    const isThere = pid => textOf(`/proc/${pid}/root/app/file`) === text
    while (!pids.every(isThere)) {
      if (performance.now() - began > patience) throw new Error(`edit ${edit} did not arrive`)
      await sleep(1)
    }
    values.push(performance.now() - began)
  }
  return values
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const percentile = (values, part) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * part) - 1]
