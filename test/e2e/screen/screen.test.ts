import type {ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {readlinkSync} from 'node:fs'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import {afterEach, expect, type TestContext, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {processes, states} from '../../support/observed.ts'
import {collect, eventually, Workplace} from '../../support/stack.ts'

const compose = `name: seen
services:
  api:
    image: host://
    command: sh -c 'echo "api-$$$$ is up"; exec sleep infinity'
    init: true
    ports: ["127.0.0.1:18080:80"]
    develop:
      watch: [{action: sync, path: ./src, target: /app}]
  quiet:
    image: host://
    command: sh -c 'printf "\\033[2J\\033[31mred\\033[0m \\007bell\\n"; exec sleep infinity'
    init: true
`

/** Its replicas live for some milliseconds. */
const brief = `name: seen
services:
  api:
    image: host://
    command: sh -c 'echo brief; exit 3'
    scale: 3
`

let place: Workplace
let said: () => string
afterEach(async () => {
  place.transcript.push(said())
  await place[Symbol.asyncDispose]()
})

type Shown = {
  readonly child: ChildProcess
  readonly press: (keys: string) => void
  /** What has been painted before counts no more. */
  readonly mark: () => void
  readonly raw: () => string
  /** Since the last key, or mark. */
  readonly shows: (text: string | RegExp) => Promise<unknown>
}

/** `stack dev` on a terminal of 24 rows and 100 columns. */
async function dev(context: TestContext, ...words: string[]): Promise<Shown> {
  needs(context, 'script')
  place = await Workplace.make({'compose.yaml': compose})
  await mkdir(join(place.directory, 'src'))
  const line = `stty rows 24 cols 100; exec ${process.execPath} ${place.stackProgram} dev ${words.join(' ')}`
  const child = place.begin('script', ['-qefc', line, '/dev/null'], {TERM: 'xterm-256color'}, 'pipe')
  const raw = collect(child.stdout)
  said = raw
  let from = 0
  const mark = () => {
    from = raw().length
  }
  const shows = (text: string | RegExp) => {
    const isSeen = () => {
      const seen = stripVTControlCharacters(raw().slice(from))
      return typeof text === 'string' ? seen.includes(text) : text.test(seen)
    }
    return eventually(isSeen, {what: `"${text}" on the screen`})
  }
  const press = (keys: string) => {
    mark()
    child.stdin?.write(keys)
  }
  return {child, raw, mark, shows, press}
}

test('services are seen to run; a saved file, a restart, more containers; down at the end', async context => {
  const {child, press, shows, mark, raw} = await dev(context)
  await shows(/api +running +18080→80 +[\d.]+% +\d/)
  await shows('api-1')
  expect(raw()).toContain('\x1b[?1049h')
  expect(stripVTControlCharacters(raw())).toContain('red bell')
  expect(raw()).not.toContain('\x1b[31mred')
  mark()
  await writeFile(join(place.directory, 'src/page.html'), 'hello')
  await shows(/api +running.*synced page\.html 0s ago/)
  expect((await place.stack('exec', '-T', 'api', 'cat', '/app/page.html')).stdout).toBe('hello')
  press('+')
  await shows(/api ×2 +running/)
  press('r')
  for (const replica of ['api-1', 'api-2']) await shows(new RegExp(`${replica} .*exited with code`))
  await eventually(async () => (await states(place)).join() === 'api-1 running,api-2 running,quiet-1 running')
  press('-')
  await shows(/api +running/)
  press('o')
  await shows('http://127.0.0.1:18080/')
  press('j\r')
  await shows('output of quiet')
  press('\x1b')
  await shows('output of all')
  press('/is up\r')
  await shows('output of all, with "is up"')
  press('?')
  await shows('wrap long lines')
  mark()
  const terminal = readlinkSync(`/proc/${Math.max(...processes(`${place.stackProgram} dev`))}/fd/0`)
  await place.run('stty', ['-F', terminal, 'rows', '14', 'cols', '44'])
  await shows(/seen +2 services, 2 of 2 containers running\r?\n/)
  press('?q')
  await shows('leave: d detach')
  const ended = once(child, 'exit')
  press('x')
  expect((await ended)[0]).toBe(0)
  expect(await states(place)).toEqual([])
  expect(raw().lastIndexOf('\x1b[?1049l')).toBeGreaterThan(raw().lastIndexOf('\x1b[?1049h'))
  expect(processes('sleep infinity')).toEqual([])
})

test('detach leaves all as it runs; ctrl-c stops it; the terminal is given back', async context => {
  const first = await dev(context)
  await first.shows(/quiet +running/)
  const detached = once(first.child, 'exit')
  first.press('qd')
  expect((await detached)[0]).toBe(0)
  await first.shows('"seen" runs on')
  expect(await states(place)).toEqual(['api-1 running', 'quiet-1 running'])
  const line = `stty rows 24 cols 100; ${process.execPath} ${place.stackProgram} dev; echo code $?; stty -a`
  const child = place.begin('script', ['-qefc', line, '/dev/null'], {TERM: 'xterm'}, 'pipe')
  const raw = collect(child.stdout)
  said = raw
  await eventually(() => /api +running/.test(stripVTControlCharacters(raw())))
  const stopped = once(child, 'exit')
  child.stdin?.write('\x03')
  await stopped
  expect(raw()).toContain('code 130')
  expect(raw()).toMatch(/[^-]icanon/)
  expect(raw().slice(raw().lastIndexOf('\x1b[?1049l'))).toContain('Gracefully Stopping')
  expect(await states(place)).toEqual(['api-1 exited', 'quiet-1 exited'])
})

test.for(['SIGHUP', 'SIGTERM'] as const)('%s: the terminal is given back', async (signal, context) => {
  const {child, shows, raw} = await dev(context)
  await shows(/api +running/)
  const ended = once(child, 'exit')
  // `script` has the same words in its own command line, and is older.
  process.kill(Math.max(...processes(`${place.stackProgram} dev`)), signal)
  await ended
  expect(raw()).toContain('\x1b[?1049l')
  const state = signal === 'SIGHUP' ? 'running' : 'exited'
  expect(await states(place)).toEqual([`api-1 ${state}`, `quiet-1 ${state}`])
})

test('--plain, and where there is no terminal: lines', async context => {
  const {child, press, shows, raw} = await dev(context, '--plain')
  await shows(/api-1 +\| api-/)
  expect(raw()).not.toContain('\x1b[?1049h')
  const ended = once(child, 'exit')
  press('\x03')
  await ended
})

test('each run is told once, with its end, however short it is and however late anybody looks', async () => {
  place = await Workplace.make({'compose.yaml': brief})
  const child = place.begin(process.execPath, [place.stackProgram, 'dev'], {}, 'pipe')
  const out = collect(child.stdout)
  said = out
  const told = () =>
    [1, 2, 3].map(number => [
      out().match(new RegExp(`^api-${number} +\\| brief$`, 'gm'))?.length,
      out().match(new RegExp(`^api-${number} exited with code 3$`, 'gm'))?.length,
    ])
  const times = (runs: number) => Array.from({length: 3}, () => [runs, runs])
  const isTold = (runs: number) => eventually(() => told().join() === times(runs).join())
  await isTold(1)
  for (let runs = 2; runs < 5; runs++) await place.stack('restart', 'api')
  await isTold(4)
  child.kill('SIGSTOP')
  for (let runs = 5; runs < 8; runs++) await place.stack('restart', 'api')
  child.kill('SIGCONT')
  await isTold(7)
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  await ended
  expect(told()).toEqual(times(7))
})
