import {afterAll, beforeAll, expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {askEngine} from '../../support/observed.ts'
import {type Outcome, Workplace} from '../../support/stack.ts'

let place: Workplace
const environment = {DOCKER_HOST: 'unix:///run/stack/stack.sock', DOCKER_CONFIG: '/tmp/none'}
const docker = (...words: string[]): Promise<Outcome> => place.run('docker', words, environment)

beforeAll(async () => {
  place = await Workplace.make({
    'keep.yaml':
      'name: keep\nservices: {keep: {image: "host://", command: sleep 1000, volumes: ["kept:/kept"]}}\nvolumes: {kept: }\n',
    'compose.yaml': `name: heavy
services:
  done: {image: "host://", command: "dd if=/dev/zero of=/big bs=1M count=3", volumes: ["/anonymous", "named:/named"]}
volumes: {named: }
`,
    Dockerfile: 'FROM scratch\nCOPY blob /\n',
    blob: 'x'.repeat(2_000_000),
  })
  // What other tests left is none of this one's business.
  expect((await place.stack('system', 'prune', '-a', '-f', '--volumes')).code).toBe(0)
  expect((await place.stack('-f', 'keep.yaml', 'up', '-d')).code).toBe(0)
})
afterAll(async () => {
  await place.stack('-f', 'keep.yaml', 'down', '-v')
  await place[Symbol.asyncDispose]()
})

type Usage = {
  LayersSize: number
  Images: Array<{RepoTags: string[]; Size: number; Containers: number}>
  Containers: Array<{Names: string[]; SizeRw: number}>
  Volumes: Array<{Name: string; UsageData: {RefCount: number; Size: number}}>
  BuildCache: Array<{Size: number; Shared: boolean}>
}
const usage = () => askEngine<Usage>('/system/df')

async function useSomething(): Promise<void> {
  expect(await place.stack('up')).toMatchObject({code: 0})
  await place.write('build.yaml', 'name: built\nservices: {web: {build: .}}\n')
  expect(await place.stack('-f', 'build.yaml', 'build')).toMatchObject({code: 0})
}

test('df knows what is used, and by whom', async () => {
  await useSomething()
  const {Images, Containers, Volumes, BuildCache, LayersSize} = await usage()
  const image = (name: string) => Images.find(each => each.RepoTags.includes(name))
  expect(image('host://')?.Containers).toBe(2)
  expect(image('built-web')).toBeUndefined()
  expect(image('built-web:latest')).toMatchObject({Containers: 0, Size: expect.closeTo(2_000_000, -5)})
  expect(LayersSize).toBeGreaterThan(2_000_000)
  const heavy = Containers.find(each => each.Names.includes('/heavy-done-1'))
  expect(heavy?.SizeRw).toBeGreaterThan(3 * 1024 * 1024)
  expect(Volumes.find(({Name}) => Name === 'heavy_named')?.UsageData).toMatchObject({RefCount: 1})
  expect(BuildCache.some(each => each.Shared && each.Size > 1_900_000)).toBe(true)
  const shown = await place.stack('system', 'df')
  expect(shown.stdout).toMatch(/^TYPE[\s\S]*\nContainers +2 +1 +3.\d+MB +3.\d+MB \(\d+%\)\n/)
  expect((await place.stack('system', 'df', '-v')).stdout).toMatch(/host:\/\/ +3.\d+MB .* heavy-done-1\n/)
})

test('docker system df and prune', async context => {
  needs(context, 'docker')
  const shown = await docker('system', 'df')
  expect(shown).toMatchObject({code: 0, stdout: expect.stringMatching(/Containers +2 +1 +3.\d+MB/)})
  expect((await docker('system', 'df', '-v')).all).toContain('heavy-done-1')
  const pruned = await docker('system', 'prune', '-f')
  expect(pruned).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Deleted Containers:[\s\S]*reclaimed space: 3.\d+MB/),
  })
  expect((await usage()).Containers.map(({Names}) => Names)).toEqual([['/keep-keep-1']])
  expect((await docker('image', 'inspect', 'built-web')).code).toBe(0)
  expect((await docker('volume', 'ls', '-q')).stdout.split('\n')).toContain('heavy_named')
  expect((await place.stack('down', '-v')).code).toBe(0)
})

test('stack system prune: asks, takes what it says, and leaves what is used', async () => {
  await useSomething()
  expect(await place.stack('system', 'prune')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nobody is there'),
  })
  const young = await place.stack('system', 'prune', '-f', '-a', '--filter', 'until=1h')
  expect(young).toMatchObject({code: 0, stdout: 'Total reclaimed space: 0B\n'})
  const other = await place.stack('system', 'prune', '-f', '-a', '--filter', 'label=nobody.has.it')
  expect(other).toMatchObject({code: 0, stdout: 'Total reclaimed space: 0B\n'})
  const before = await usage()
  const pruned = await place.stack('system', 'prune', '-f', '-a', '--volumes')
  expect(pruned).toMatchObject({code: 0, stdout: expect.stringMatching(/deleted: sha256:[\s\S]*: [5-9].\d+MB\n$/)})
  // The container that docker pruned left its anonymous volume.
  expect(before.Volumes.filter(({Name}) => /^[0-9a-f]{64}$/.test(Name))).toHaveLength(2)
  const after = await usage()
  expect(after.Images.map(({RepoTags}) => RepoTags)).toEqual([['host://']])
  const volumes = after.Volumes.map(({Name}) => Name)
  expect(volumes).toEqual(expect.arrayContaining(['heavy_named', 'keep_kept']))
  expect(volumes.filter(each => /^[0-9a-f]{64}$/.test(each))).toEqual([])
  expect(after.BuildCache).toEqual([])
  expect((await place.stack('system', 'prune', '-f', '-a', '--volumes')).stdout).toBe('Total reclaimed space: 0B\n')
  expect((await place.stack('-f', 'keep.yaml', 'exec', 'keep', 'true')).code).toBe(0)
})
