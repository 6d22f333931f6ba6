import {execFileSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest'
import {dockerRegistry} from '../../support/docker-registry.ts'
import {keptPlace, letGo} from '../../support/kept.ts'
import {needs} from '../../support/needs.ts'
import {busyboxLayer, dockerArchive, imageOf} from '../../support/oci.ts'
import type {Outcome, Workplace} from '../../support/stack.ts'

const tools = ['docker-registry', 'perl'] as const
const image = imageOf([gzipSync(busyboxLayer())], {Cmd: ['sleep', '1000']})

let place: Workplace
let closed: Awaited<ReturnType<typeof dockerRegistry>> | undefined
let free: typeof closed

/** The command line of somebody who has logged in; the daemon was started by somebody who has not. */
const loggedIn = (...words: string[]): Promise<Outcome> =>
  place.run(process.execPath, [place.stackProgram, ...words], {DOCKER_CONFIG: join(place.directory, 'login')})

const tagsOf = async (host: string, name: string): Promise<string[]> => {
  const {tags = []} = (await (await fetch(`http://${host}/v2/${name}/tags/list`)).json()) as {tags?: string[]}
  return tags.sort()
}

beforeAll(async () => {
  place = await keptPlace({Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n'})
  const script = 'print crypt("my secret", "\\$2y\\$05\\$abcdefghijklmnopqrstuu")'
  const hash = execFileSync('perl', ['-e', script], {encoding: 'utf8'})
  closed = await dockerRegistry({htpasswd: `me:${hash}`}).catch(() => undefined)
  free = await dockerRegistry().catch(() => undefined)
  await place.write(
    'compose.yaml',
    `name: sent
services:
  web: {build: {context: ., tags: ["${free?.host}/team/web:extra"]}, image: "${free?.host}/team/web:1"}
  plain: {image: "${closed?.host}/team/plain:1"}
  own: {build: .}
  machine: {image: "host://"}
`,
  )
  mkdirSync(join(place.directory, 'login'))
  const auth = Buffer.from('me:my secret').toString('base64')
  writeFileSync(join(place.directory, 'login/config.json'), JSON.stringify({auths: {[closed?.host ?? '']: {auth}}}))
  writeFileSync(join(place.directory, 'plain.tar'), dockerArchive({image, names: [`${closed?.host}/team/plain:1`]}))
})
beforeEach(context => needs(context, ...tools))
afterAll(async () => {
  await letGo(place)
  await closed?.close()
  await free?.close()
})

test('what is not here cannot be sent', async () => {
  const {code, stderr} = await place.stack('push')
  expect(code).toBe(1)
  expect(stderr).toContain('team/web:1: it is not here (try: stack build web)')
  expect(stderr).toContain('team/plain:1: it is not here (try: stack pull plain)')
  expect(stderr).toContain('Image sent-own  Skipped  its service says no image:')
  expect(stderr).toContain('Image host://  Skipped')
})

test('who is not logged in is told so, and nobody waits for the others', async () => {
  expect((await place.stack('load', '-i', 'plain.tar')).code).toBe(0)
  expect(await place.stack('build')).toMatchObject({code: 0})
  const {code, stderr} = await place.stack('push')
  expect(code).toBe(1)
  expect(stderr).toMatch(/error: Image \S+plain:1: .*(denied|unauthorized|refuses access|login)/)
  expect(await tagsOf(free!.host, 'team/web')).toEqual(['1', 'extra'])
  const ignoring = await place.stack('push', '--ignore-push-failures')
  expect(ignoring).toMatchObject({code: 0, stderr: expect.stringMatching(/plain:1 {2}Warning/)})
})

test('the credentials are those of who gives the command, whoever started the daemon', async () => {
  expect((await loggedIn('push')).all).toMatch(/plain:1 {2}Pushed/)
  expect((await place.stack('push')).all).toMatch(/plain:1 {2}Skipped {2}its registry has it/)
  expect((await loggedIn('push', 'plain')).all).toMatch(/plain:1 {2}Pushed/)
  expect(await place.stack('pull', 'plain')).toMatchObject({code: 1})
  expect(await loggedIn('pull', 'plain')).toMatchObject({code: 0, stderr: expect.stringMatching(/plain:1 {2}Pulled/)})
})

test('a build asks for its base image with the same credentials', async () => {
  const name = `${closed!.host}/team/plain:1`
  expect((await place.stack('image', 'rm', name)).code).toBe(0)
  await place.write('based.Dockerfile', `FROM ${name}\nENV A=b\n`)
  await place.write('based.yaml', 'name: based\nservices: {web: {build: {context: ., dockerfile: based.Dockerfile}}}\n')
  const denied = await place.stack('-f', 'based.yaml', 'build')
  expect(denied).toMatchObject({code: 1, stderr: expect.stringMatching(/denied|unauthorized|refuses access/)})
  expect(await loggedIn('-f', 'based.yaml', 'build')).toMatchObject({code: 0})
})
