import {mkdir, readFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {collect, eventually, Workplace} from '../../support/stack.ts'

const compose = `# the shop
services:
  web:
    image: host://
    command: node /srv/app/server.js   # as it is
    volumes: ["./app:/srv/app"]
    init: true
  db: {image: "host://", command: sleep infinity}
`
const added = `    develop:
      watch:
        - action: restart
          path: ./app
          ignore:
            - "**/node_modules"
            - "**/*.log"
`
const written = compose.replace('    init: true\n', `    init: true\n${added}`)

let place: Workplace
const file = () => readFile(join(place.directory, 'compose.yaml'), 'utf8')
beforeEach(async () => {
  place = await Workplace.make({'compose.yaml': compose})
  await mkdir(join(place.directory, 'app'))
  await writeFile(join(place.directory, 'app/server.js'), "console.log('served')\nsetInterval(() => {}, 1000)\n")
})
afterEach(() => place[Symbol.asyncDispose]())

test('without a yes the rule is shown and nothing is written', async () => {
  const {code, stdout, stderr} = await place.stack('dev', '--init')
  expect({code, file: await file()}).toEqual({code: 0, file: compose})
  expect(stdout).toContain('# ./app, a Node program, is mounted at /srv/app')
  expect(stdout).toContain('path: ./app')
  expect(stderr).toContain('db: nothing to add: no source of a program is mounted into it')
  expect(stderr).toContain('nothing is written; --yes writes it')
})

test('--yes writes it, comments and all; the second time there is nothing to add; the rule works', async () => {
  expect((await place.stack('dev', '--dry-run')).stderr).toContain('stack dev --init offers a rule')
  await place.stack('dev', '--init', '--yes')
  expect(await file()).toBe(written)
  expect((await stat(join(place.directory, 'compose.yaml'))).mode & 0o777).toBe(0o644)
  expect((await place.stack('dev', '--init', '--yes')).stderr).toContain('web: nothing to add: it has rules')
  const child = place.start('watch')
  const said = collect(child.stderr)
  await eventually(() => said().includes('watching'))
  await writeFile(join(place.directory, 'app/server.js'), "console.log('changed')\nsetInterval(() => {}, 1000)\n")
  await eventually(async () => (await place.stack('logs', 'web')).stdout.includes('changed'))
  expect(said()).toMatch(/web +restarted/)
})

test('on a terminal it is asked', async context => {
  needs(context, 'script')
  for (const [answer, expected] of [
    ['n', compose],
    ['y', written],
  ] as const) {
    const line = `${process.execPath} ${place.stackProgram} dev --init`
    const child = place.begin('script', ['-qefc', line, '/dev/null'], {}, 'pipe')
    const said = collect(child.stdout)
    await eventually(() => said().includes('write this into compose.yaml? [y/N]'))
    child.stdin?.write(`${answer}\n`)
    await eventually(() => /is written/.test(said()))
    expect(await file()).toBe(expected)
  }
})

test('a service that is no plain map is not written', async () => {
  const text = compose.replace('  web:\n', '  web: &web\n')
  await place.write('compose.yaml', text)
  expect(await place.stack('dev', '--init', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('web: the file does not have it as a plain map: add these lines by hand'),
  })
  expect(await file()).toBe(text)
})
