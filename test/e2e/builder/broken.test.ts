import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {eventually, Workplace} from '../../support/stack.ts'

const state = () => process.env.STACK_STATE_DIR ?? '/var/lib/stack'
const run = () => process.env.STACK_RUN_DIR ?? '/run/stack'
const list = (path: string) => (existsSync(path) ? readdirSync(path) : [])

/** Whatever of a build could be left. */
const left = () => ({
  incoming: list(join(state(), 'images/incoming')),
  containers: list(join(state(), 'containers')).filter(each => !each.startsWith('.')),
  secrets: list(join(run(), 'builds')),
  mounts: readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter(each => each.includes(`${state()}/containers`)),
})
const nothing = {incoming: [], containers: [], secrets: [], mounts: []}
const isNothingLeft = () => JSON.stringify(left()) === JSON.stringify(nothing)

/** Every layer is named by a step or an image, or goes with the next look. */
const secretsOnDisk = (secret: string) =>
  [state(), run()].map(each => spawnSync('grep', ['-rIl', secret, each], {encoding: 'utf8'}).stdout).join('')

const files = {
  'compose.yaml':
    'services: {web: {network_mode: none, command: cat /three, build: {context: ., network: none, secrets: [s]}}}\nsecrets: {s: {file: ./s}}\n',
  s: 'hush-when-killed',
  '.dockerignore': 's\n',
  Dockerfile: [
    'FROM host:// AS a',
    'COPY . /context',
    'RUN --mount=type=secret,id=s --mount=type=cache,target=/c cat /run/secrets/s > /dev/null; sleep 0.05; echo $$ > /one',
    'FROM host:// AS b',
    'RUN --mount=type=bind,target=/m --mount=type=secret,id=s cp -r /m /two; sleep 0.05',
    'FROM host://',
    'COPY --from=a /one /',
    'COPY --from=b /two /two',
    'RUN echo three > /three',
    '',
  ].join('\n'),
}

test('a build that is killed at any moment leaves nothing, and the next one is whole', async () => {
  await using place = await Workplace.make(files)
  for (let index = 0; index < 300; index++) await place.write(`file-${index}`, `${index}\n`.repeat(100))
  for (let round = 0; round < 12; round++) {
    const child = place.start('build', '--no-cache')
    await delay(200 + round * 60)
    child.kill('SIGKILL')
    await eventually(isNothingLeft, {what: `nothing left after round ${round}: ${JSON.stringify(left())}`})
  }
  expect(secretsOnDisk('hush-when-killed')).toBe('')
  const outcome = await place.stack('up', '--build', '--no-log-prefix')
  expect(outcome.stdout, outcome.all).toContain('three\n')
  expect(secretsOnDisk('hush-when-killed')).toBe('')
})

test('a build whose daemon is killed at any moment leaves nothing that the next one does not clear away', async () => {
  await using place = await Workplace.make(files)
  for (let index = 0; index < 300; index++) await place.write(`file-${index}`, `${index}\n`.repeat(100))
  const daemons = () =>
    readdirSync('/proc').filter(pid => {
      if (!/^\d+$/.test(pid)) return false
      try {
        return /bin\/stack\0daemon\0$/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      } catch {
        return false
      }
    })
  for (let round = 0; round < 5; round++) {
    place.start('build', '--no-cache')
    await delay(350 + round * 130)
    const killed = daemons()
    for (const pid of killed) process.kill(Number(pid), 'SIGKILL')
    await eventually(() => !daemons().some(pid => killed.includes(pid)), {what: 'the daemon was killed'})
    const next = await place.stack('ls')
    expect(next.code, next.all).toBe(0)
    await eventually(isNothingLeft, {what: `nothing left after round ${round}: ${JSON.stringify(left())}`})
  }
  expect(secretsOnDisk('hush-when-killed')).toBe('')
  expect((await place.stack('up', '--build', '--no-log-prefix')).stdout).toContain('three\n')
})

test('a build without room says so, and leaves nothing', async () => {
  await using place = await Workplace.make({
    'compose.yaml': 'services: {web: {build: {context: ., network: none}}}\n',
    Dockerfile: 'FROM host://\nRUN head -c 60M /dev/zero > /zeros\n',
  })
  await place.run('sh', ['-c', 'head -c 60M /dev/zero > big'])
  await place.stack('ls')
  const layers = join(state(), 'images')
  const before = readdirSync(join(layers, 'layers')).length
  // The store is memory here: as much room is left as 30 MB.
  const {stdout} = await place.run('df', ['--output=used', '-k', state()])
  const used = Number(stdout.trim().split('\n').at(-1))
  const size = (await place.run('df', ['--output=size', '-k', state()])).stdout.trim().split('\n').at(-1)!.trim()
  const narrowed = await place.run('mount', ['-o', `remount,size=${used + 30_000}k`, state()])
  expect(narrowed.code, narrowed.all).toBe(0)
  try {
    const ran = await place.stack('build')
    expect(ran.code).toBe(1)
    expect(ran.all).toContain('Dockerfile:2:1: error:')
    expect(ran.all).toMatch(/[Nn]o space/)
    await place.write('Dockerfile', 'FROM host://\nCOPY big /big\n')
    const copied = await place.stack('build')
    expect(copied.code).toBe(1)
    expect(copied.all).toMatch(/Dockerfile:2:1: error: .*no space is left/)
    await eventually(isNothingLeft, {what: 'nothing left'})
    await place.stack('ls')
    expect(readdirSync(join(layers, 'layers')).length).toBeLessThanOrEqual(before + 1)
  } finally {
    await place.run('mount', ['-o', `remount,size=${size}k`, state()])
  }
})
