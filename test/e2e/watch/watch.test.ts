import {execFileSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {chmod, mkdir, rename, rm, symlink, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {afterEach, describe, expect, test} from 'vitest'
import {collect, eventually, Workplace} from '../../support/stack.ts'

let place: Workplace
let said: () => string
afterEach(async () => {
  place.transcript.push(said?.() ?? '')
  await place[Symbol.asyncDispose]()
})

const at = (name: string) => join(place.directory, name)
async function save(name: string, text: string): Promise<void> {
  await mkdir(dirname(at(name)), {recursive: true})
  await writeFile(at(name), text)
}
const sh = async (line: string, service = 'web', index = 1) =>
  (await place.stack('exec', '-T', '--index', String(index), service, 'sh', '-c', line)).stdout
const inside = (line: string, wanted: string, service = 'web', index = 1) =>
  eventually(async () => (await sh(line, service, index)) === wanted, {
    what: `"${wanted}" of ${line} in ${service}-${index}`,
  })
const lines = (pattern: RegExp) =>
  said()
    .split('\n')
    .filter(line => pattern.test(line))

async function watching(compose: string, files: Readonly<Record<string, string>>, ...words: string[]) {
  place = await Workplace.make({'compose.yaml': compose})
  for (const [name, text] of Object.entries(files)) await save(name, text)
  const child = place.start(...(words.length > 0 ? words : ['watch']))
  const [out, err] = [collect(child.stdout), collect(child.stderr)]
  said = () => out() + err()
  await eventually(() => said().includes('watching'), {what: 'watching'})
  return child
}

const three = `name: watched
services:
  web:
    image: host://
    command: sleep infinity
    init: true
    scale: 3
    develop:
      watch:
        - action: sync
          path: ./src
          target: /app
          ignore: ["*.log", skipped/]
        - {action: sync, path: ./only, target: /only, include: ["**/*.txt"]}
`

describe('stack watch', () => {
  test('new, changed, renamed and removed files are so in every replica; what is ignored is not', async () => {
    const child = await watching(three, {'src/a': 'one', 'only/x': ''})
    await save('src/a', 'two')
    await save('src/deep/b', 'b')
    await save('src/trace.log', 'ignored')
    await save('src/skipped/x', 'ignored')
    await save('only/in.txt', 'in')
    await save('only/out.md', 'out')
    for (const index of [1, 2, 3]) await inside('cat /app/a /app/deep/b /only/in.txt', 'twobin', 'web', index)
    expect(await sh('ls /app /only')).toBe('/app:\na\ndeep\n\n/only:\nin.txt\n')
    await rename(at('src/deep'), at('src/moved'))
    await rm(at('src/a'))
    for (const index of [1, 2, 3]) await inside('cd /app && find . -type f', './moved/b\n', 'web', index)
    child.kill('SIGINT')
    expect((await once(child, 'exit'))[0]).toBe(130)
    expect((await place.stack('ps', '-q')).stdout.trim().split('\n')).toHaveLength(3)
  })

  test('an atomic save, a file that becomes a directory and back, one that vanishes and comes back', async () => {
    await watching(three, {'src/a': 'one', 'src/b': 'one'})
    for (const text of ['two', 'three']) {
      await save('src/.a.swp', text)
      await writeFile(at('a.tmp'), text)
      await rename(at('a.tmp'), at('src/a'))
      await inside('cat /app/a', text)
    }
    await rm(at('src/b'))
    await save('src/b/c', 'below')
    await inside('cat /app/b/c', 'below')
    await rm(at('src/b'), {recursive: true})
    await save('src/b', 'a file again')
    await inside('cat /app/b', 'a file again')
    await rm(at('src'), {recursive: true})
    await inside('find /app -type f', '')
    await save('src/a', 'back')
    await inside('cat /app/a', 'back')
    expect(await sh('ls -A /app')).toBe('a\n')
  })

  test('modes and links go along; what has not changed is not written again', async () => {
    await watching(three, {'src/a': 'one'})
    await save('src/run', 'x')
    await chmod(at('src/run'), 0o750)
    await symlink('a', at('src/link'))
    await save('src/a', 'two')
    await inside('stat -c %a /app/run; readlink /app/link; cat /app/a', '750\na\ntwo')
    const before = lines(/synced/).length
    await save('src/a', 'two')
    await save('src/z', 'last')
    await inside('cat /app/z', 'last')
    const after = lines(/synced/).slice(before)
    expect(after.join('\n')).not.toMatch(/\ba\b,|\ba →/)
  })

  test('a container that dies and one that is new get what was synced', async () => {
    await watching(three, {'src/a': 'one'})
    await save('src/a', 'two')
    await inside('cat /app/a', 'two')
    await place.stack('kill', 'web')
    await save('src/a', 'while it was dead')
    await eventually(() => lines(/synced.*a →/).length > 1, {what: 'a sync'})
    await place.stack('start', 'web')
    await inside('cat /app/a', 'while it was dead')
    await place.stack('up', '-d', '--force-recreate', '--scale', 'web=4')
    for (const index of [1, 4]) await inside('cat /app/a', 'while it was dead', 'web', index)
  })

  test('a checkout of thousands of files leaves every replica as the host is, with what became something else', async () => {
    await watching(three, {'src/a': 'one'})
    const path = (file: number) => at(`src/many/${file % 60}/f${file}`)
    for (let directory = 0; directory < 60; directory++) mkdirSync(at(`src/many/${directory}`), {recursive: true})
    for (let file = 0; file < 4500; file++) writeFileSync(path(file), `before ${file}`)
    const state = 'find . -type f -print0 | sort -z | xargs -0 cat | md5sum; find . | sort | md5sum'
    const onHost = () => execFileSync('sh', ['-c', state], {cwd: at('src'), encoding: 'utf8'})
    const everywhere = async () => {
      for (const index of [1, 2, 3]) await inside(`cd /app || exit; ${state}`, onHost(), 'web', index)
    }
    await save('src/a', 'two')
    await everywhere()
    // As git does it: removed and made anew, without a pause.
    for (let file = 0; file < 4000; file++) {
      rmSync(path(file))
      if (file % 5 !== 0) writeFileSync(path(file), `after ${file}`)
    }
    rmSync(at('src/many/7'), {recursive: true})
    writeFileSync(at('src/many/7'), 'a file now')
    renameSync(at('src/many/8'), at('src/moved'))
    await everywhere()
  }, 60_000)

  test('a burst of two thousand files arrives whole', async () => {
    await watching(three, {'src/a': 'one'})
    await mkdir(at('src/many'))
    await Promise.all(Array.from({length: 2000}, (_, index) => writeFile(at(`src/many/${index}`), `${index}`)))
    for (const index of [1, 3])
      await inside('cat /app/many/* | wc -c; ls /app/many | wc -l', '6890\n2000\n', 'web', index)
  })
})

const rules = `name: ruled
services:
  web:
    image: host://
    command: sh -c 'echo started >> /tmp/starts; exec sleep infinity'
    init: true
    develop:
      watch:
        - {action: restart, path: ./settings.ini}
        - {action: rebuild, path: ./package.json}
  front:
    image: host://
    command: sh -c 'echo started >> /tmp/starts; exec sleep infinity'
    init: true
    depends_on: {web: {condition: service_started, restart: true}}
  other:
    image: host://
    command: sh -c 'echo started >> /tmp/starts; exec sleep infinity'
    init: true
    user: "33:33"
    develop:
      watch:
        - action: sync+exec
          path: ./conf
          target: /conf
          exec: {command: sh -c 'id -u > /tmp/ran; cat /conf/* >> /tmp/ran', user: root, environment: {A: b}}
  broken:
    image: host://
    command: sh -c 'test -f /app/ok && exec sleep infinity; exit 3'
    init: true
    develop:
      watch: [{action: sync+restart, path: ./app, target: /app}]
`

describe('rules', () => {
  test('restart takes along who asks for it and nobody else; sync+exec runs; a program that has ended is started', async () => {
    await watching(rules, {'settings.ini': 'a', 'package.json': '', 'conf/x': 'x', 'app/x': ''})
    expect(said()).toContain('nothing says how the image of web is built')
    await save('settings.ini', 'b')
    await inside('wc -l < /tmp/starts', '2\n', 'web')
    await inside('wc -l < /tmp/starts', '2\n', 'front')
    await save('conf/x', 'new')
    await inside('cat /tmp/ran', '0\nnew', 'other')
    expect(await sh('stat -c %u /conf/x; wc -l < /tmp/starts', 'other')).toBe('33\n1\n')
    await save('app/ok', '')
    await inside('echo runs', 'runs\n', 'broken')
    await save('settings.ini', 'b')
    await save('conf/x', 'last')
    await inside('cat /tmp/ran', '0\nlast', 'other')
    expect(await sh('wc -l < /tmp/starts', 'web')).toBe('2\n')
  })

  test('rebuild builds the image anew and makes the containers of the service anew; the old image goes', async () => {
    const compose = `name: rebuilt
services:
  web:
    build: {context: ., network: none}
    command: sh -c 'cat /version; exec sleep infinity'
    init: true
    scale: 2
    develop: {watch: [{action: rebuild, path: ./app}]}
  other: {image: "host://", command: sleep infinity, init: true}
`
    const dockerfile = 'FROM host://\nCOPY app/version /version\nRUN test "$(cat /version)" != bad\n'
    const child = await watching(compose, {Dockerfile: dockerfile, 'app/version': 'one'})
    const other = (await place.stack('ps', '-q', 'other')).stdout
    await inside('cat /version', 'one', 'web', 2)
    await save('app/version', 'bad')
    await eventually(() => said().includes('web could not be rebuilt'), {what: 'the failure'})
    expect(await sh('cat /version')).toBe('one')
    await save('app/version', 'two')
    await inside('cat /version', 'two', 'web', 1)
    await inside('cat /version', 'two', 'web', 2)
    await eventually(() => said().includes('rebuilt'), {what: 'the word'})
    expect((await place.stack('ps', '-q', 'other')).stdout).toBe(other)
    child.kill('SIGINT')
    await eventually(() => child.exitCode !== null, {what: 'the end'})
    const images = (await place.stack('images', '-q', 'web')).stdout.trim().split('\n')
    expect(new Set(images).size).toBe(1)
  })

  test('--dry-run says what would be watched and does nothing; JSON has a line for each thing', async () => {
    place = await Workplace.make({'compose.yaml': rules})
    const dry = await place.stack('watch', '--dry-run')
    expect(dry.code).toBe(0)
    expect(dry.stderr).toMatch(/~ other +watching {2}.*\/conf → \/conf {2}sync\+exec/)
    expect(dry.stdout).toContain('create-container web.1')
    expect((await place.stack('ps', '-aq')).stdout).toBe('')
    const child = place.start('--progress', 'json', 'watch', 'other')
    const err = collect(child.stderr)
    said = err
    await mkdir(at('conf'))
    await eventually(() => err().includes('"watching"'))
    await save('conf/x', 'x')
    const line = await eventually(() =>
      err()
        .split('\n')
        .find(each => each.includes('"synced"')),
    )
    expect(JSON.parse(line)).toMatchObject({watch: 'synced', service: 'other', containers: 1, removed: []})
  })

  test('without a rule there is nothing to watch', async () => {
    place = await Workplace.make({'compose.yaml': 'services: {web: {image: "host://", command: sleep 9}}\n'})
    said = () => ''
    expect(await place.stack('watch')).toMatchObject({code: 1, stderr: expect.stringContaining('says what to watch')})
  })
})
