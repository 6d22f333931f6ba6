import {expect, test} from 'vitest'
import {StackError} from '../../../src/base/error.ts'
import type {ImageLibrary} from '../../../src/engine/images.ts'
import type {Pruned, Upkeep} from '../../../src/engine/upkeep.ts'
import {engineWith, stack} from './support.ts'

const [one, two] = ['a', 'b'].map(each => `sha256:${each.repeat(64)}`) as [string, string]
const asked: unknown[] = []
const library: ImageLibrary = {
  async list(filters) {
    asked.push(filters)
    return [
      {
        id: one,
        tags: ['localhost:5000/team/web:1', 'web:latest', 'host://'],
        digests: [`web@sha256:${'d'.repeat(64)}`],
        created: Date.now() - 3 * 86_400_000,
        size: 24_310_000,
        labels: {},
      },
      {id: two, tags: [], digests: [], created: Date.now(), size: 12, labels: {}},
    ]
  },
  async inspect(reference) {
    if (reference === 'none') throw new StackError('image-not-found', 'no such image: none')
    const Config = {Entrypoint: ['/app/run'], Cmd: ['world']}
    return {Id: one, RepoTags: ['web:latest'], Os: 'linux', Architecture: 'arm64', Variant: 'v8', Size: 1e6, Config}
  },
  history: async () => [
    {id: one, created: Date.now(), createdBy: `RUN ${'x'.repeat(60)}`, size: 1500, comment: 'a test'},
    {id: '<missing>', created: 0, createdBy: 'ADD', size: 0, comment: ''},
  ],
  async tag(...words) {
    asked.push(words)
  },
  async push() {},
  async remove(reference, {force}) {
    if (!force) throw new StackError('conflict', `container 1234 is using ${reference}`)
    return [
      {kind: 'untagged', name: reference},
      {kind: 'deleted', name: one},
    ]
  },
  load: async () => [],
  async save() {
    throw new Error('not asked for')
  },
}
const upkeep: Partial<Upkeep> = {
  async prune(...words): Promise<Pruned> {
    asked.push(words)
    return {removed: ['deleted: x'], freed: 1500}
  },
}
const engine = engineWith({library, upkeep: upkeep as Upkeep})
const image = (...words: string[]) => stack(['image', ...words], {engine})

test('image ls: a row for each name', async () => {
  expect((await image('ls', '--digests', 'web')).stdout.split('\n')).toEqual([
    expect.stringMatching(/^REPOSITORY +TAG +DIGEST +IMAGE ID +CREATED +SIZE$/),
    expect.stringMatching(/^localhost:5000\/team\/web +1 +<none> +aaaaaaaaaaaa +3 days ago +24.3MB$/),
    expect.stringMatching(/^web +latest +sha256:d+ +aaaaaaaaaaaa +3 days ago +24.3MB$/),
    expect.stringMatching(/^host:\/\/ +<none> +<none> +aaaaaaaaaaaa +3 days ago +24.3MB$/),
    expect.stringMatching(/^<none> +<none> +<none> +bbbbbbbbbbbb +Less than a second ago +12B$/),
    '',
  ])
  expect(asked.pop()).toEqual({reference: ['web']})
  expect((await image('ls', '-q')).stdout).toBe(`${'a'.repeat(12)}\n${'b'.repeat(12)}\n`)
  const [first = ''] = (await image('ls', '--format', 'json', '--no-trunc', '--filter', 'dangling=true')).stdout.split(
    '\n',
  )
  expect(JSON.parse(first)).toMatchObject({ID: one, Repository: 'localhost:5000/team/web', Tag: '1', Size: '24.3MB'})
  expect(await image('ls', '--filter', 'colour=red')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cannot filter by'),
  })
})

test('image inspect, history', async () => {
  expect(JSON.parse((await image('inspect', 'web')).stdout)).toMatchObject([{Id: one}])
  expect((await image('inspect', '--format', 'table', 'web')).stdout).toMatch(
    /web:latest +aaaaaaaaaaaa +linux\/arm64\/v8 +1MB +0 +\/app\/run world\n$/,
  )
  expect(await image('inspect', 'none')).toMatchObject({code: 1, stderr: 'stack: no such image: none\n'})
  const history = (await image('history', 'web')).stdout
  expect(history).toMatch(/aaaaaaaaaaaa +Less than a second ago +RUN x{40}… +1.5kB +a test\n<missing>/)
})

test('image tag, rm', async () => {
  expect(await image('tag', 'a', 'b')).toMatchObject({code: 0, stdout: '', stderr: ''})
  expect(asked.pop()).toEqual(['a', 'b'])
  const used = await image('rm', 'a', 'b')
  expect(used).toMatchObject({code: 1, stderr: expect.stringMatching(/is using a\n.*is using b\n/)})
  expect(await image('rm', '-f', 'a')).toMatchObject({code: 0, stdout: `Untagged: a\nDeleted: ${one}\n`})
  expect(await image('rm', '-f', '--dry-run', 'a')).toMatchObject({code: 0, stdout: ''})
})

test('image prune asks first, and says what came free', async () => {
  expect(await image('prune')).toMatchObject({code: 1, stderr: expect.stringContaining('nobody is there to agree')})
  const ran = await image('prune', '-a', '-f', '--filter', 'until=24h', '--filter', 'label!=keep')
  expect(ran).toMatchObject({code: 0, stdout: 'Deleted images:\ndeleted: x\n\nTotal reclaimed space: 1.5kB\n'})
  expect(asked.pop()).toEqual(['images', {until: ['24h'], 'label!': ['keep'], dangling: ['false']}])
  expect(await image('prune', '-f', '--filter', 'until=lately')).toMatchObject({code: 1})
  expect((await image('prune', '--dry-run')).stdout).toBe(
    'this would remove:\n  images without a name that no container uses\n',
  )
})
