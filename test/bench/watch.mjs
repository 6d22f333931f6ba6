import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
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
    const [web, others] = [await pidsOf(ask, 'web'), await pidsOf(ask, 'bound')]
    const bound = await measured(directory, others)
    return {bound, synced: await whileWatched(directory, () => measured(directory, web))}
  })
  const large = await withProject(project, ({ask, directory}) => many(ask, directory))
  const least = Math.min(...synced)
  yield {what: 'save to visible in all of 3 replicas, median', value: median(synced), least, unit: 'ms', goal: '120 ms'}
  yield {what: 'the same, 99th percentile of 200', value: percentile(synced, 0.99), unit: 'ms', goal: '400 ms'}
  yield {what: 'the same by a bind mount, median', value: median(bound), unit: 'ms'}
  yield {
    what: 'checkout of 5,000 files among 20,000 to all of 3 replicas',
    value: large.checkout,
    unit: 'ms',
    goal: '3000 ms',
  }
  yield {what: 'watching 20,000 files, idle', value: large.idle, unit: '% of a core', goal: '1 %'}
  yield {what: 'the same, memory after the checkout', value: large.memory, unit: 'MB'}
}

/** 20,000 files in 200 directories; 5,000 of them are other ones, as after a checkout. */
async function many(ask, directory) {
  const pathOf = file => join(directory, 'src', `${Math.floor(file / 100)}`, `${file}.js`)
  const write = (file, text) => {
    mkdirSync(dirname(pathOf(file)), {recursive: true})
    writeFileSync(pathOf(file), text)
  }
  for (let file = 0; file < 20_000; file++) write(file, `before ${file}\n`.repeat(20))
  const pids = await pidsOf(ask, 'web')
  return whileWatched(directory, async watcher => {
    await sleep(1000)
    const [ticks, from] = [ticksOf(watcher.pid), performance.now()]
    await sleep(10_000)
    const idle = ((ticksOf(watcher.pid) - ticks) * 10 * 100) / (performance.now() - from)
    const touched = Array.from({length: 5000}, (_, index) => index * 4)
    const began = performance.now()
    for (const file of touched) {
      rmSync(pathOf(file))
      writeFileSync(pathOf(file), `after ${file}\n`.repeat(20))
    }
    const isThere = (pid, file) =>
      textOf(`/proc/${pid}/root/app/${Math.floor(file / 100)}/${file}.js`)?.startsWith(`after ${file}\n`)
    for (const pid of pids) {
      for (const file of touched) {
        while (!isThere(pid, file)) {
          if (performance.now() - began > 60_000) throw new Error(`${file} did not arrive`)
          await sleep(5)
        }
      }
    }
    return {idle, checkout: performance.now() - began, memory: residentOf(watcher.pid)}
  })
}

async function whileWatched(directory, action) {
  const watcher = spawn(process.execPath, [`${root}bin/stack.mjs`, '--progress', 'json', 'watch', '--no-up'], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await once(watcher.stderr, 'data')
  watcher.stderr.resume()
  try {
    return await action(watcher)
  } finally {
    watcher.kill('SIGINT')
    await once(watcher, 'exit')
  }
}

/** Of its own and of the kernel for it, in hundredths of a second. */
function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return Number(fields[11]) + Number(fields[12])
}

const residentOf = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

async function pidsOf(ask, service) {
  const filters = encodeURIComponent(JSON.stringify({label: [`com.docker.compose.service=${service}`]}))
  const all = await ask('GET', `/containers/json?filters=${filters}`)
  return Promise.all(all.map(async ({Id}) => (await ask('GET', `/containers/${Id}/json`)).State.Pid))
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
