import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {median, milliseconds, run, timed} from './measure.mjs'
import {daemonPid, whileWatched, withProject} from './ours.mjs'
import {restart} from './restart.mjs'

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
    what: 'git checkout of 5,000 files among 20,000 to all of 3 replicas',
    ...milliseconds(large.checkouts),
    goal: '3000 ms',
  }
  yield {what: 'the same checkout while nobody watches', ...milliseconds(large.alone)}
  yield {what: 'memory of `stack watch` at its peak', value: large.watcher, unit: 'MB'}
  yield {what: 'memory of the daemon at its peak', value: large.daemon, unit: 'MB'}
  yield {what: 'watching 20,000 files, idle', value: large.idle, unit: '% of a core', goal: '1 %'}
  yield* restart()
}

const branches = ['after', 'before', 'after', 'before', 'after']

/** 20,000 files in 200 directories; 5,000 of them are other ones on another branch. */
async function many(ask, directory) {
  const git = (...words) =>
    run('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...words], {cwd: directory})
  const pathOf = file => join('src', `${Math.floor(file / 100)}`, `${file}.js`)
  const write = (file, text) => {
    mkdirSync(dirname(join(directory, pathOf(file))), {recursive: true})
    writeFileSync(join(directory, pathOf(file)), `${text} ${file}\n`.repeat(20))
  }
  const touched = Array.from({length: 5000}, (_, index) => index * 4)
  for (let file = 0; file < 20_000; file++) write(file, 'before')
  git('init', '-q', '-b', 'before')
  git('add', 'src')
  git('commit', '-q', '-m', 'before')
  git('checkout', '-q', '-b', 'after')
  for (const file of touched) write(file, 'after')
  git('commit', '-q', '-a', '-m', 'after')
  git('checkout', '-q', 'before')
  const alone = await timed(4, round => git('checkout', '-q', branches[round]))
  const pids = await pidsOf(ask, 'web')
  return whileWatched(directory, async watcher => {
    await sleep(1000)
    const [ticks, from] = [ticksOf(watcher.pid), performance.now()]
    await sleep(10_000)
    const idle = ((ticksOf(watcher.pid) - ticks) * 10 * 100) / (performance.now() - from)
    const checkouts = await timed(branches.length, async round => {
      git('checkout', '-q', branches[round])
      await arrived(
        pids,
        touched.map(file => ({path: pathOf(file), start: `${branches[round]} ${file}\n`})),
      )
    })
    return {alone, idle, checkouts, watcher: peakOf(watcher.pid), daemon: peakOf(daemonPid())}
  })
}

async function arrived(pids, files) {
  const began = performance.now()
  for (const pid of pids) {
    for (const {path, start} of files) {
      while (!textOf(`/proc/${pid}/root/app/${path.replace('src/', '')}`)?.startsWith(start)) {
        if (performance.now() - began > 60_000) throw new Error(`${path} did not arrive`)
        await sleep(5)
      }
    }
  }
}

/** Of its own and of the kernel for it, in hundredths of a second. */
function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return Number(fields[11]) + Number(fields[12])
}

const peakOf = pid => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

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
