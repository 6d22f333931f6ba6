import {readdirSync, readFileSync} from 'node:fs'
import {median, milliseconds, timed} from './measure.mjs'
import {withProject} from './ours.mjs'

const project =
  'name: bench\nservices:\n  web: {image: "host://", command: sleep infinity, stop_signal: SIGKILL, scale: 20}\n'

/** A program in a running container, and what a monitor keeps for itself. */
export async function* exec() {
  const [times, memory] = await withProject(project, async ({ask}) => [
    await timed(100, () => once(ask)),
    monitorMemory(),
  ])
  yield {what: 'exec of true through the API: create, start, until it has ended', ...milliseconds(times), goal: '< 8'}
  yield {what: 'private memory of a monitor, median of 20', value: memory, unit: 'kB', goal: '< 500'}
}

async function once(ask) {
  const {Id} = await ask('POST', '/containers/bench-web-1/exec', {Cmd: ['true'], AttachStdout: true})
  await ask('POST', `/exec/${Id}/start`, {Detach: false})
}

function monitorMemory() {
  const values = []
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('stack-monitor')) continue
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
      values.push(
        [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].reduce(
          (sum, [, kilobytes]) => sum + Number(kilobytes),
          0,
        ),
      )
    } catch {
      // Ended meanwhile.
    }
  }
  return median(values)
}
