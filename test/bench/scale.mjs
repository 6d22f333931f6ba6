import {copyFileSync, mkdirSync, readdirSync, rmSync} from 'node:fs'
import {performance} from 'node:perf_hooks'
import {setTimeout as sleep} from 'node:timers/promises'
import {median, milliseconds, run, timed} from './measure.mjs'
import {withProject} from './ours.mjs'
import {compiled} from './peers.mjs'
import {tenth} from './tenth.mjs'

/** What both sides run: one static program. */
const tree = '/run/bench/floor-root'
const project = `name: bench
services:
  web:
    build: {context: ${tree}, dockerfile_inline: "FROM scratch\\nCOPY . /\\nCMD [\\"/pause\\"]"}
    stop_signal: SIGKILL
    init: false
`
const longest = {timeout: 120_000}

/** Until ten answer; and until a hundred and a thousand are there. */
export async function* scale() {
  yield* tenth()
  yield* many()
}

/** From 1 to 100 and to 1000 containers, each beside what the kernel needs for as many; and down again. */
async function* many() {
  const hundred = await measured(100, 5)
  yield* rows(100, hundred, '< 2.5')
  const thousand = await measured(1000, 2)
  yield* rows(1000, thousand, '< 2.5')
  const cost = (count, {ours}) => median(ours) / (count - 1)
  const floorCost = (count, {floors}) => median(floors) / (count - 1)
  const value = cost(1000, thousand) / cost(100, hundred)
  yield {what: 'cost per container to 1000, against that to 100', value, unit: 'x', goal: '< 1.3'}
  const floor = floorCost(1000, thousand) / floorCost(100, hundred)
  yield {what: 'the same of the kernel work', value: floor, unit: 'x'}
  yield {what: 'stack down of 1000', ...milliseconds(thousand.downs), goal: '< 3000'}
  yield {what: 'then until no link or namespace is left', ...milliseconds(thousand.lefts), goal: '< 10000'}
}

function* rows(count, {floors, ours}, goal) {
  yield {what: `the kernel work of ${count - 1} starts (floor.c)`, ...milliseconds(floors)}
  yield {what: `stack scale web=${count}, from 1`, ...milliseconds(ours)}
  yield {what: `ratio at ${count}`, value: median(ours) / median(floors), unit: 'x', goal}
}

async function measured(count, rounds) {
  const seen = {floors: [], ours: [], downs: [], lefts: []}
  for (let round = 0; round < rounds; round++) {
    seen.floors.push(floor(count - 1))
    await withProject(project, async ({stack}) => {
      seen.ours.push(...(await timed(1, () => stack('scale', `web=${count}`, longest))))
      seen.downs.push(...(await timed(1, () => stack('down', '-t', '0', longest))))
      seen.lefts.push(await untilNothingIsLeft())
    })
  }
  return seen
}

/** Milliseconds; 20 s at most. */
async function untilNothingIsLeft() {
  const began = performance.now()
  while (performance.now() - began < 20_000) {
    const pins = readdirSync('/run/stack/netns').length
    if (pins === 0 && readdirSync('/sys/class/net').every(name => name === 'lo')) break
    await sleep(20)
  }
  return performance.now() - began
}

function floor(count) {
  const scratch = '/run/bench/floor-scratch'
  for (const name of ['proc', 'dev', 'sys']) mkdirSync(`${tree}/${name}`, {recursive: true})
  copyFileSync(compiled('pause', '-static'), `${tree}/pause`)
  rmSync(scratch, {recursive: true, force: true})
  mkdirSync(scratch, {recursive: true})
  return Number(run(compiled('floor'), [String(count), tree, scratch]))
}
