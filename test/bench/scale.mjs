import {copyFileSync, mkdirSync, rmSync} from 'node:fs'
import {median, milliseconds, run, timed} from './measure.mjs'
import {withProject} from './ours.mjs'
import {compiled} from './peers.mjs'

const project = 'name: bench\nservices:\n  web: {image: "host://", command: sleep infinity, stop_signal: SIGKILL}\n'

/** From 1 to 100 containers, beside what the kernel needs for as many. */
export async function* scale() {
  const floors = []
  const ours = []
  for (let round = 0; round < 5; round++) {
    floors.push(floor(99))
    ours.push(...(await withProject(project, ({stack}) => timed(1, () => stack('scale', 'web=100')))))
  }
  yield {what: 'the kernel work of 99 starts (floor.c)', ...milliseconds(floors)}
  yield {what: 'stack scale web=100, from 1', ...milliseconds(ours)}
  yield {what: 'ratio', value: median(ours) / median(floors), unit: 'x', goal: '< 3'}
}

function floor(count) {
  const [rootfs, scratch] = ['/run/bench/floor-root', '/run/bench/floor-scratch']
  for (const name of ['proc', 'dev', 'sys']) mkdirSync(`${rootfs}/${name}`, {recursive: true})
  copyFileSync(compiled('pause', '-static'), `${rootfs}/pause`)
  rmSync(scratch, {recursive: true, force: true})
  mkdirSync(scratch, {recursive: true})
  return Number(run(compiled('floor'), [String(count), rootfs, scratch]))
}
