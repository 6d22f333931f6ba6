import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {eventually, Workplace} from '../../support/stack.ts'

const state = () => process.env.STACK_STATE_DIR ?? '/var/lib/stack'
const lines = (text: string, words: string) => text.split('\n').filter(each => each.includes(words))
const cached = (text: string) => lines(text, ': cached').length
const done = (text: string) => text.split('\n').filter(each => /: \d+\.\d s$/.test(each))

/** Whatever of a build could be left. */
const left = () => ({
  layers: readdirSync(join(state(), 'images/incoming')),
  containers: readdirSync(join(state(), 'containers')).filter(each => !each.startsWith('.')),
  mounts: readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter(each => each.includes(`${state()}/containers`)),
})

test('the example is built from source, runs, and only what a change touches is done again', async () => {
  await using place = await Workplace.make('examples/build-node')
  const page = async () => (await fetch('http://127.0.0.1:8082', {headers: {connection: 'close'}})).text()
  // Nobody has built this one before.
  const source = join(place.directory, 'src/page.html')
  await writeFile(source, `${await readFile(source, 'utf8')}<!-- ${place.directory} -->\n`)
  const first = await place.stack('up', '-d')
  expect(first).toMatchObject({code: 0})
  expect(first.all).toContain('dist/server.mjs: version 1.0.0')
  await eventually(async () => (await page()).includes('built from source, version 1.0.0'), {what: 'the page'})

  const again = await place.stack('build')
  expect(again).toMatchObject({code: 0})
  expect(done(again.all)).toEqual([])
  expect(cached(again.all)).toBe(7)

  await place.write('src/page.html', '<h1>another page, VERSION</h1>\n')
  const changed = await place.stack('up', '-d', '--build')
  expect(changed).toMatchObject({code: 0})
  expect(done(changed.all).map(each => each.replace(/.*\[(\S+ \d\/\d)\].*/, '$1'))).toEqual([
    'build 4/5',
    'build 5/5',
    'stage-1 2/2',
  ])
  await eventually(async () => (await page()).includes('another page, 1.0.0'), {what: 'the other page'})
  await place.stack('down')
  expect(left()).toEqual({layers: [], containers: [], mounts: []})
})

test('a step that fails is shown with its place and last lines, and leaves nothing', async () => {
  await using place = await Workplace.make({
    'compose.yaml': 'services: {web: {build: {context: ., network: none}}}\n',
    Dockerfile: 'FROM host://\nRUN echo before && \\\n  echo the reason >&2 && exit 3\n',
  })
  const dry = await place.stack('--dry-run', 'build')
  expect(dry.stdout).toMatch(/^build \S+-web for web\n$/)
  const outcome = await place.stack('build')
  expect(outcome.code).toBe(1)
  expect(outcome.all).toContain(
    'Dockerfile:2:1: error: RUN echo before && echo the reason >&2 && exit 3 ended with exit code 3',
  )
  expect(outcome.all).toContain('  2 | RUN echo before')
  expect(outcome.all).toContain('  > the reason')
  expect(left()).toEqual({layers: [], containers: [], mounts: []})
})

test('what RUN sees: mounts, secrets that stay nowhere, arguments, users, heredocs, no network', async () => {
  await using place = await Workplace.make({
    'compose.yaml': [
      'services:',
      '  web:',
      '    image: seen',
      '    network_mode: none',
      '    command: [sh, -c, "cat /out/*; id -u; ls /run; ls -ln /in | tail -1"]',
      '    build:',
      '      context: .',
      '      network: none',
      '      args: {WHO: me}',
      '      labels: {made: here}',
      '      secrets: [token]',
      '      additional_contexts: {more: ./other}',
      '      extra_hosts: ["far:10.9.9.9"]',
      'secrets: {token: {file: ./token}}',
      '',
    ].join('\n'),
    token: 'hush-hush-secret',
    Dockerfile: [
      'FROM host:// AS tools',
      'WORKDIR /tools',
      'RUN echo tool > tool',
      'FROM host://',
      'ARG WHO',
      'ENV GREETING="hello $WHO"',
      'RUN mkdir /out',
      'RUN --mount=type=secret,id=token test "$(tail -c 6 /run/secrets/token)" = secret && echo "secret $GREETING" > /out/1',
      'RUN --mount=type=bind,from=tools,source=/tools,target=/t --mount=type=tmpfs,target=/scratch cat /t/tool > /out/2; touch /scratch/x; ! touch /t/no',
      'RUN --mount=type=bind,from=more,target=/m cat /m/file > /out/3',
      'RUN <<EOF',
      'set -e',
      'grep far /etc/hosts | tr "\\t" " " > /out/4',
      'ls /sys/class/net | xargs >> /out/4',
      'EOF',
      'COPY --chmod=640 --chown=5:6 <<EOF /in/conf',
      'for $WHO',
      'EOF',
      'USER 7',
      'RUN id -u > /tmp/seven',
      '',
    ].join('\n'),
  })
  await mkdir(join(place.directory, 'other'))
  await place.write('other/file', 'more\n')
  const outcome = await place.stack('build')
  expect(outcome.code, outcome.all).toBe(0)
  const ran = await place.stack('up', '--no-log-prefix')
  expect(ran.all.replace(/10.9.9.9\s+far/, '10.9.9.9 far')).toMatch(
    /secret hello me\ntool\nmore\n10\.9\.9\.9 far\nlo\n7\n/,
  )
  expect(ran.all).toMatch(/-rw-r-----.* 5 +6 /)
  expect(ran.all).not.toContain('secrets\n')
  const found = spawnSync('grep', ['-rl', 'hush-hush-secret', state()], {encoding: 'utf8'}).stdout
  expect(found).toBe('')
})

test('what is done anew is another image, and what was built on it is built anew', async () => {
  await using place = await Workplace.make({
    'compose.yaml':
      'services: {web: {build: {context: ., network: none, no_cache_filter: [moment]}, network_mode: none}}\n',
    Dockerfile: [
      'FROM host:// AS moment',
      'RUN cat /proc/sys/kernel/random/uuid > /moment',
      'FROM moment AS more',
      'RUN cp /moment /copy',
      'FROM host://',
      'COPY --from=more /copy /copy',
      'CMD ["cat", "/copy"]',
      '',
    ].join('\n'),
  })
  const first = await place.stack('up', '--no-log-prefix')
  const kept = await place.stack('up', '--no-log-prefix')
  expect(kept.stdout).toBe(first.stdout)
  const again = await place.stack('up', '--build', '--no-log-prefix')
  expect(again.stdout).toMatch(/^[0-9a-f-]{36}$/m)
  expect(again.stdout).not.toBe(first.stdout)
})

test('a build that is killed at a step leaves no mount, no process and no half layer', async () => {
  await using place = await Workplace.make({
    'compose.yaml': 'services: {web: {build: {context: ., network: none}}}\n',
    Dockerfile: 'FROM host://\nRUN echo one > /one\nRUN echo two > /two && exec sleep 123454321\n',
  })
  const child = place.start('build')
  const sleeping = () =>
    readdirSync('/proc').some(pid => /^\d+$/.test(pid) && commandOf(pid).startsWith('sleep\u0000123454321'))
  await eventually(sleeping, {what: 'the step'})
  child.kill('SIGKILL')
  await eventually(() => !sleeping(), {what: 'the end of its program'})
  await eventually(() => JSON.stringify(left()) === JSON.stringify({layers: [], containers: [], mounts: []}), {
    what: 'nothing left',
  })
  expect(existsSync(join(state(), 'images/steps'))).toBe(true)
})

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
