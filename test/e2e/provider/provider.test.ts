import {once} from 'node:events'
import {chmod, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterEach, expect, test} from 'vitest'
import {processes, rows, states} from '../../support/observed.ts'
import {collect, eventually, type Outcome, Workplace} from '../../support/stack.ts'

let place: Workplace | undefined
afterEach(async () => {
  await place?.[Symbol.asyncDispose]()
  place = undefined
})

const compose = `services:
  my-db:
    provider:
      type: cloud
      options: {size: 3, zone: [a, b]}
  web:
    image: host://
    command: sleep infinity
    environment: {OWN: here}
    depends_on: [my-db]
  other: {image: "host://", command: sleep infinity}
`

/** A project whose provider is this shell script; what it is asked stands in the file \`asked\`. */
async function provided(script: string, name = 'docker-cloud'): Promise<Workplace> {
  place = await Workplace.make({'compose.yaml': compose, [name]: `#!/bin/sh\necho "$@" >> asked\n${script}\n`})
  await chmod(join(place.directory, name), 0o755)
  return place
}

/** PATH has the project's directory. */
const environment = (here: Workplace) => ({PATH: `${here.directory}:${process.env.PATH}`})
const run = (here: Workplace, ...words: string[]): Promise<Outcome> =>
  here.run(process.execPath, [here.stackProgram, ...words], environment(here))
const variables = async (here: Workplace, service: string) =>
  (await here.stack('exec', '-T', service, 'sh', '-c', 'env | grep -E "^(MY_DB|RAW|OWN)" | sort')).stdout
const asked = async (here: Workplace) =>
  (await readFile(join(here.directory, 'asked'), 'utf8')).split('\n').filter(Boolean)
const projectOf = async (here: Workplace) => (await rows(here))[0]!.Name.replace(/-\w+-1$/, '')

const url = (value: string) => `
say() { printf '{"type": "%s", "message": "%s"}\\n' "$1" "$2"; }
say debug quiet
say info "making it"
[ "$4" = down ] || { say setenv "URL=${value}"; say rawsetenv RAW=as-it-is; }`

test('up asks it, its variables reach those that depend on it, down asks it last', async () => {
  const here = await provided(url('db://1?a=b'))
  const up = await run(here, 'up', '-d')
  expect(up.code).toBe(0)
  expect(up.stderr).toMatch(/Service my-db {2}Providing {2}making it/)
  expect(up.stderr).not.toContain('quiet')
  expect(await variables(here, 'web')).toBe('MY_DB_URL=db://1?a=b\nOWN=here\nRAW=as-it-is\n')
  expect(await variables(here, 'other')).toBe('')
  expect(await states(here)).toEqual(['other-1 running', 'web-1 running'])
  const project = await projectOf(here)
  expect(await asked(here)).toEqual([`compose --project-name ${project} up --size=3 --zone=a --zone=b my-db`])

  expect((await run(here, 'up', '-d', '--dry-run')).stderr).toContain('my-db')
  expect(await asked(here)).toHaveLength(1)
  const again = await run(here, 'up', '-d')
  expect(again.stderr).not.toMatch(/Recreate/)
  expect((await run(here, 'scale', 'web=2')).code).toBe(0)
  expect((await here.stack('exec', '-T', '--index', '2', 'web', 'printenv', 'MY_DB_URL')).stdout).toBe('db://1?a=b\n')
  expect((await run(here, 'down')).code).toBe(0)
  expect((await asked(here)).at(-1)).toBe(`compose --project-name ${project} down --size=3 --zone=a --zone=b my-db`)
  expect(await rows(here)).toEqual([])
})

test('another value makes those anew that depend on it', async () => {
  const here = await provided(url('$(wc -l < asked)'))
  await run(here, 'up', '-d')
  const before = new Map((await rows(here)).map(each => [each.Service, each.ID]))
  expect((await run(here, 'up', '-d')).code).toBe(0)
  const after = new Map((await rows(here)).map(each => [each.Service, each.ID]))
  expect(after.get('web')).not.toBe(before.get('web'))
  expect(after.get('other')).toBe(before.get('other'))
  expect(await variables(here, 'web')).toContain('MY_DB_URL=2\n')
})

test.each([
  ['an error', `printf '{"type": "error", "message": "no money"}\\n'`, /"cloud" cannot up "my-db": no money/],
  ['an exit code', 'echo broken >&2; exit 4', /"cloud" cannot up "my-db": it ended with 4; broken/],
  ['something else', 'echo hello', /it wrote what cannot be understood: hello/],
])('%s fails up, and nothing is made', async (_name, script, message) => {
  const here = await provided(script, 'cloud')
  const up = await run(here, 'up', '-d')
  expect(up.code).toBe(1)
  expect(up.stderr).toMatch(message)
  expect(await rows(here)).toEqual([])
})

test('a program that is not there is named', async () => {
  place = await Workplace.make({'compose.yaml': compose})
  const up = await place.stack('up', '-d')
  expect(up.code).toBe(1)
  expect(up.stderr).toContain('there is no program docker-cloud or cloud')
})

test('Ctrl-C ends it', async () => {
  const here = await provided('exec sleep 83')
  const child = here.begin(process.execPath, [here.stackProgram, 'up', '-d'], environment(here))
  const errors = collect(child.stderr)
  await eventually(() => processes('sleep 83').length > 0)
  child.kill('SIGINT')
  const [code] = (await once(child, 'close')) as [number]
  expect(code, errors()).toBe(130)
  expect(processes('sleep 83')).toEqual([])
  expect(await rows(here)).toEqual([])
})
