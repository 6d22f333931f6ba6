import {afterAll, beforeAll, expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {eventually, type Outcome, Workplace} from '../../support/stack.ts'

let registry: Workplace
let versions: Workplace
const environment = {DOCKER_HOST: 'unix:///run/stack/stack.sock', DOCKER_CONFIG: '/tmp/none'}
const docker = (...words: string[]): Promise<Outcome> => registry.run('docker', words, environment)
const name = 'localhost:5000/greeter'
const said = async (port: number) =>
  await (await fetch(`http://127.0.0.1:${port}`, {headers: {connection: 'close'}})).text()

beforeAll(async () => {
  registry = await Workplace.make('examples/registry')
  versions = await Workplace.make('examples/versions')
  const up = await registry.run(process.execPath, [registry.stackProgram, 'up', '-d', '--wait'], {}, 240)
  expect(up).toMatchObject({code: 0})
})
afterAll(async () => {
  await versions?.[Symbol.asyncDispose]()
  await registry?.[Symbol.asyncDispose]()
})

test('what is built is pushed to a registry that runs as a stack, and is gone here afterwards', async context => {
  needs(context, 'docker')
  expect(await versions.run(process.execPath, [versions.stackProgram, 'build'], {}, 240)).toMatchObject({code: 0})
  for (const tag of ['1', '2']) {
    const pushed = await docker('push', `${name}:${tag}`)
    expect(pushed).toMatchObject({code: 0, all: expect.stringContaining(`${tag}: digest: sha256:`)})
    expect(await docker('rmi', `${name}:${tag}`)).toMatchObject({code: 0})
  }
  const answer = await (await fetch('http://127.0.0.1:5000/v2/greeter/tags/list')).json()
  expect(answer).toEqual({name: 'greeter', tags: expect.arrayContaining(['1', '2'])})
})

test('two versions of one program run side by side, pulled by their tags', async context => {
  needs(context, 'docker')
  expect(await versions.stack('up', '-d', '--no-build', '--pull', 'always')).toMatchObject({code: 0})
  await eventually(async () => (await said(8084)) === 'greeter 1\n')
  await eventually(async () => (await said(8085)) === 'greeter 2\n')
})

test('a digest names one of them, whatever the tag means by now', async context => {
  needs(context, 'docker')
  const [seen] = JSON.parse((await docker('image', 'inspect', `${name}:1`)).stdout)
  const pinned = seen.RepoDigests[0]
  expect(pinned).toMatch(/^localhost:5000\/greeter@sha256:[0-9a-f]{64}$/)
  expect(await docker('tag', `${name}:2`, `${name}:1`)).toMatchObject({code: 0})
  expect(await docker('push', `${name}:1`)).toMatchObject({code: 0})
  expect(await docker('pull', pinned)).toMatchObject({code: 0})
  await versions.write('pinned.yaml', `name: pinned\nservices: {one: {image: "${pinned}", ports: ["8086:8000"]}}\n`)
  try {
    expect(await versions.stack('-f', 'pinned.yaml', 'up', '-d')).toMatchObject({code: 0})
    await eventually(async () => (await said(8086)) === 'greeter 1\n')
    expect(await versions.stack('up', '-d', '--pull', 'always')).toMatchObject({code: 0})
    await eventually(async () => (await said(8084)) === 'greeter 2\n')
  } finally {
    await versions.stack('-f', 'pinned.yaml', 'down')
  }
})

test('the images outlive the registry that keeps them', async context => {
  needs(context, 'docker')
  expect(await versions.stack('down', '--rmi', 'all')).toMatchObject({code: 0})
  expect(await registry.stack('down')).toMatchObject({code: 0})
  expect(await registry.stack('up', '-d', '--wait')).toMatchObject({code: 0})
  expect(await versions.stack('up', '-d', '--no-build')).toMatchObject({code: 0})
  await eventually(async () => (await said(8085)) === 'greeter 2\n')
})
