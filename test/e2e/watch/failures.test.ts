import {type ChildProcess, execFileSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {chmod, mkdir, rename, rm, symlink, utimes, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {collect, eventually, program, Workplace} from '../../support/stack.ts'

const compose = `name: failing
include: [./more.yaml]
services:
  web:
    image: host://
    command: sleep infinity
    init: true
    stop_signal: SIGKILL
    scale: 2
    develop: {watch: [{action: sync, path: ./src, target: /app}]}
`
const more = 'services: {other: {image: "host://", command: sleep infinity, init: true}}\n'

let place: Workplace
let said: () => string
beforeEach(async () => {
  place = await Workplace.make({'compose.yaml': compose, 'more.yaml': more})
  await save('src/a', 'one')
  await place.stack('up', '-d')
})
afterEach(async () => {
  place.transcript.push(said())
  await place[Symbol.asyncDispose]()
})

const at = (name: string) => join(place.directory, name)
async function save(name: string, text: string): Promise<void> {
  await mkdir(dirname(at(name)), {recursive: true})
  await writeFile(at(name), text)
}
const inside = (line: string, wanted: string, index = 1) =>
  eventually(
    async () => (await place.stack('exec', '-T', '--index', `${index}`, 'web', 'sh', '-c', line)).stdout === wanted,
    {what: `"${wanted}" of ${line} in web-${index}`},
  )

/** `stack watch`, begun by other words that it is the last argument of. */
function watch(before: readonly string[] = []): ChildProcess {
  const [command = process.execPath, ...words] = [...before, process.execPath, program, 'watch', '--no-up']
  const child = place.begin(command, words)
  const [out, err] = [collect(child.stdout), collect(child.stderr)]
  said = () => out() + err()
  return child
}
const says = (text: string | RegExp) =>
  eventually(() => (typeof text === 'string' ? said().includes(text) : text.test(said())), {what: `"${text}"`})

test('a file that changes faster than it can be synced ends as it is at last', async () => {
  watch()
  await says('watching')
  const until = Date.now() + 2000
  let round = 0
  while (Date.now() < until) {
    await save('src/a', `${round++} ${'x'.repeat(20_000)}`)
    if (round % 10 === 0) await save(`src/deep/${round % 50}`, `${round}`)
  }
  await save('src/a', 'last')
  for (const index of [1, 2]) await inside('cat /app/a', 'last', index)
  const syncs = said().split('synced').length - 1
  expect(syncs).toBeGreaterThan(2)
  expect(syncs).toBeLessThan(round / 2)
})

test('a file that cannot be read is told once; the others go on, and it comes when it can be', async context => {
  needs(context, 'setpriv')
  await mkdir(at('src/closed'))
  await chmod(at('src/closed'), 0)
  watch(['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'])
  await says(/EACCES: permission denied, .*src\/closed/)
  await says('watching')
  await writeFile(at('src/secret'), 'x', {mode: 0})
  await save('src/a', 'two')
  await inside('cat /app/a', 'two')
  await says(/src\/secret: EACCES: .*; it is tried again/)
  await chmod(at('src/secret'), 0o600)
  await inside('cat /app/secret', 'x')
  expect(said().split('secret: EACCES').length).toBe(2)
})

test('containers that die while files go into them have all of them when they are started again', async () => {
  watch()
  await says('watching')
  const files = Array.from({length: 600}, (_, index) => `src/many/${index}`)
  const writing = (async () => {
    for (const file of files) await save(file, file)
  })()
  await eventually(() => said().includes('synced'))
  await place.stack('kill', 'web')
  await writing
  await place.stack('start', 'web')
  for (const index of [1, 2]) await inside('ls /app/many | wc -l', '600\n', index)
})

test('what happens while the watcher stands still arrives, though the kernel drops events', async () => {
  const child = watch()
  await says('watching')
  mkdirSync(at('src/many'))
  writeFileSync(at('src/many/gone'), '')
  await inside('ls /app/many', 'gone\n')
  child.kill('SIGSTOP')
  for (let file = 0; file < 9000; file++) writeFileSync(at(`src/many/f${file}`), `${file}`)
  rmSync(at('src/many/gone'))
  mkdirSync(at('src/late'))
  writeFileSync(at('src/late/b'), 'b')
  writeFileSync(at('src/a'), 'two')
  child.kill('SIGCONT')
  const state =
    'cat a late/b; ls many | wc -l; ls many/gone 2>&1 | wc -l; find many -type f -print0 | sort -z | xargs -0 cat | md5sum'
  const wanted = execFileSync('sh', ['-c', state], {cwd: at('src'), encoding: 'utf8'})
  for (const index of [1, 2]) await inside(`cd /app || exit; ${state}`, wanted, index)
  await save('src/late/b', 'seen')
  await inside('cat /app/late/b', 'seen')
}, 60_000)

test('a limit of the kernel is told with the line that lifts it, at the start and later', async context => {
  needs(context, 'unshare')
  const limited = (watches: number, instances = 100) => [
    'unshare',
    '--user',
    '--map-root-user',
    'sh',
    '-c',
    `echo ${watches} > /proc/sys/user/max_inotify_watches; echo ${instances} > /proc/sys/user/max_inotify_instances; exec "$@"`,
    'sh',
  ]
  for (const name of ['b', 'c', 'd']) await save(`src/${name}/x`, 'x')
  expect((await once(watch(limited(3)), 'exit'))[0]).toBe(1)
  expect(said()).toContain("the kernel's limit on watched files is reached (fs.inotify.max_user_watches)")
  expect(said()).toContain('sysctl fs.inotify.max_user_watches=524288')
  expect((await once(watch(limited(100, 0)), 'exit'))[0]).toBe(1)
  expect(said()).toContain('sysctl fs.inotify.max_user_instances=1024')
  watch(limited(6))
  await says('watching')
  for (const name of ['e', 'f', 'g']) await save(`src/${name}/x`, 'x')
  await says('fs.inotify.max_user_watches')
  await save('src/a', 'goes on')
  await inside('cat /app/a', 'goes on')
})

test('what editors leave for a moment goes nowhere; what they mean arrives', async () => {
  watch()
  await says('watching')
  // vim: a probe, a swap file, a backup that the new text takes the place of.
  await save('src/4913', '')
  await rm(at('src/4913'))
  await save('src/.a.swp', 'swap')
  await rename(at('src/a'), at('src/a~'))
  await save('src/a', 'of vim')
  await inside('cat /app/a', 'of vim')
  // emacs: a link as a lock, its own copy; JetBrains: a file that is renamed.
  await symlink('me@host.1', at('src/.#a'))
  await save('src/#a#', 'copy')
  await save('src/a___jb_tmp___', 'of JetBrains')
  await rename(at('src/a___jb_tmp___'), at('src/a'))
  await inside('cat /app/a; ls -A /app', 'of JetBrainsa\n')
  // A clock that goes backwards.
  await save('src/a', 'of yesterday')
  await utimes(at('src/a'), 1000, 1000)
  await inside('cat /app/a', 'of yesterday')
})

test('an included file that vanishes changes nothing; when it comes back, what it says is done', async () => {
  watch()
  await says('watching')
  await rm(at('more.yaml'))
  await says(/more\.yaml changed, and what runs stays as it is/)
  expect((await place.stack('ps', '-q', '--no-trunc')).code).not.toBe(0)
  await save('src/a', 'meanwhile')
  await says(/synced +a → 2 containers/)
  await writeFile(at('more.yaml'), more.replace('init: true', 'init: true, environment: {BACK: "1"}'))
  await eventually(async () => (await place.stack('exec', '-T', 'other', 'printenv', 'BACK')).stdout === '1\n', {
    what: 'the included service as its file has it',
  })
})
