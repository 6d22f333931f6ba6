import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest'
import {dockerRegistry} from '../../support/docker-registry.ts'
import {keptPlace, letGo} from '../../support/kept.ts'
import {needs} from '../../support/needs.ts'
import {busyboxLayer, dockerArchive, imageOf} from '../../support/oci.ts'
import type {Outcome, Workplace} from '../../support/stack.ts'
import {tarOf} from '../../support/tar.ts'

const image = imageOf(
  [gzipSync(busyboxLayer()), tarOf({name: 'hello', data: 'hello'})],
  {Cmd: ['sleep', '1000']},
  {history: [{created_by: 'ADD busybox'}, {created_by: 'ADD hello'}]},
)
const id = image.id.slice(7, 19)

let place: Workplace
let registry: Awaited<ReturnType<typeof dockerRegistry>> | undefined
const on = (...words: string[]): Promise<Outcome> => place.stack('image', ...words)

beforeAll(async () => {
  place = await keptPlace({
    'compose.yaml': 'name: images\nservices: {web: {image: "team/app:1", pull_policy: never}}\n',
  })
  writeFileSync(join(place.directory, 'app.tar'), dockerArchive({image, names: ['team/app:1']}))
  registry = await dockerRegistry().catch(() => undefined)
})
beforeEach(context => needs(context, 'docker-registry'))
afterAll(async () => {
  await letGo(place)
  await registry?.close()
})

test('load, ls, inspect, history', async () => {
  expect(await on('load', '-i', 'app.tar')).toMatchObject({code: 0, stdout: 'Loaded image: team/app:1\n'})
  expect((await on('ls')).stdout).toMatch(new RegExp(`team/app +1 +${id} +\\d+ \\w+ ago +[\\d.]+MB\\n`))
  expect((await on('ls', '-q', 'team/app')).stdout).toBe(`${id}\n`)
  expect((await on('ls', '-q', 'nobody')).stdout).toBe('')
  const [seen] = JSON.parse((await on('inspect', 'team/app:1')).stdout)
  expect(seen).toMatchObject({Id: image.id, RepoTags: ['team/app:1'], Config: {Cmd: ['sleep', '1000']}})
  expect((await on('inspect', '--format', 'table', id)).stdout).toMatch(/team\/app:1 .* linux\/\w+ .* 2 +sleep 1000\n$/)
  expect((await on('history', 'team/app:1')).stdout).toMatch(
    /ADD hello +[\d.]+kB\n<missing> .*ADD busybox +[\d.]+[kM]B\n$/,
  )
})

test('tag, push, rm, pull', async () => {
  const name = `${registry!.host}/team/app:2`
  expect(await on('tag', 'team/app:1', name)).toMatchObject({code: 0, all: ''})
  expect(await on('push', name)).toMatchObject({code: 0, stderr: expect.stringMatching(/app:2 {2}Pushed/)})
  expect(await on('rm', name, 'team/app:1')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(new RegExp(`Untagged: ${name}\n[\\s\\S]*Deleted: ${image.id}\n`)),
  })
  expect((await on('ls', '-q', 'team/app')).stdout).toBe('')
  expect(await on('pull', name)).toMatchObject({code: 0, stderr: expect.stringMatching(/app:2 {2}Pulled/)})
  expect((await on('ls', '--digests')).stdout).toMatch(/team\/app +2 +sha256:[0-9a-f]{64} /)
  expect((await on('tag', id, 'team/app:1')).code).toBe(0)
})

test('save and load', async () => {
  expect(await on('save', '-o', 'saved.tar', 'team/app:1')).toMatchObject({code: 0, all: ''})
  expect(await on('load', '-i', 'saved.tar')).toMatchObject({
    stdout: 'Loaded image: team/app:1\n',
  })
})

test('what cannot be done is said, and what can be is done', async () => {
  expect((await place.stack('up', '-d')).code).toBe(0)
  await on('rm', `${registry!.host}/team/app:2`)
  const used = await on('rm', 'nobody/here', 'team/app:1')
  expect(used).toMatchObject({code: 1, stdout: ''})
  expect(used.stderr).toMatch(/No such image: nobody\/here[\s\S]*container [0-9a-f]{12} is using its/)
  expect(await on('rm', '-f', 'team/app:1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cannot be forced'),
  })
  expect(await on('tag', 'nobody/here', 'x')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^stack: no such image: nobody\/here\n/i),
  })
  expect(await on('tag', 'team/app:1', 'Bad Name')).toMatchObject({code: 1, stderr: expect.stringContaining('stack: ')})
  expect(await on('push', 'nobody/here')).toMatchObject({code: 1, stderr: expect.stringMatching(/no such image/i)})
  expect(await on('push', 'host://')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is not a name of a registry'),
  })
  const missing = await on('pull', `${registry!.host}/team/app:none`)
  expect(missing).toMatchObject({code: 1, stderr: expect.stringContaining('no tag "none"')})
  expect(await on('prune', '-a', '-f')).toMatchObject({code: 0})
  expect((await on('ls', '-q', 'team/app')).stdout).toBe(`${id}\n`)
  expect((await place.stack('down')).code).toBe(0)
  expect((await on('prune', '-f')).stdout).toBe('Total reclaimed space: 0B\n')
  expect((await on('prune', '-f', '-a')).stdout).toMatch(/untagged: team\/app:1\n[\s\S]*: [\d.]+MB\n$/)
})
