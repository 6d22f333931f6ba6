import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {container, stack, withContainers} from './support.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-'))
})
afterEach(() => rmSync(directory, {recursive: true}))

const write = (name: string, text: string) => writeFileSync(join(directory, name), text)
const compose = (more = '') =>
  write(
    'compose.yaml',
    `name: shop\nservices:\n  web: {image: "host://", command: sleep infinity}\n  extra: {image: "host://", profiles: [more], command: sleep infinity}\n${more}`,
  )

test('COMPOSE_… of .env are settings, as if they had been exported', async () => {
  compose()
  write('.env', 'COMPOSE_PROGRESS=json\nCOMPOSE_ANSI=never\nCOMPOSE_PARALLEL_LIMIT=1\nCOMPOSE_STATUS_STDOUT=1\n')
  const {code, stdout, stderr} = await stack(['up', '-d'], {engine: new MemoryEngine(), directory, environment: {}})
  expect(code).toBe(0)
  expect(stderr).toBe('')
  const lines = stdout.trim().split('\n')
  expect(lines.map(line => JSON.parse(line).id)).toContain('Container shop-web-1')
})

test('a wrong one is told like a wrong variable of the process', async () => {
  compose()
  write('.env', 'COMPOSE_PROGRESS=loud\n')
  const ran = await stack(['up', '-d'], {engine: new MemoryEngine(), directory, environment: {}})
  expect(ran).toMatchObject({code: 1, stderr: expect.stringContaining('COMPOSE_PROGRESS is one of')})
})

test('the process and the options win over the file', async () => {
  compose()
  write('.env', 'COMPOSE_PROGRESS=loud\nCOMPOSE_PROFILES=more\n')
  const engine = new MemoryEngine()
  expect((await stack(['up', '-d'], {engine, directory, environment: {COMPOSE_PROGRESS: 'quiet'}})).code).toBe(0)
  expect((await stack(['--progress', 'quiet', 'up', '-d'], {engine, directory, environment: {}})).code).toBe(0)
  const {containers} = await engine.observe('shop')
  expect(containers.map(({service}) => service).sort()).toEqual(['extra', 'web'])
})

test('other variables of .env are no settings', async () => {
  compose()
  write('.env', 'NO_COLOR=1\nHOME=/nowhere\n')
  const ran = await stack(['config'], {directory, environment: {}})
  expect(ran.code).toBe(0)
})

test('--env-file takes the place of .env', async () => {
  compose()
  write('.env', 'COMPOSE_PROGRESS=loud\n')
  write('other', 'COMPOSE_REMOVE_ORPHANS=1\n')
  const engine = withContainers([container('gone')], {findImage: async () => undefined})
  const ran = await stack(['--env-file', 'other', 'up', '--dry-run'], {engine, directory, environment: {}})
  expect(ran.stdout).toContain('remove-container gone.1')
})

test('beside the Compose file of a directory above, and without any Compose file', async () => {
  compose()
  write('.env', 'COMPOSE_PROFILES=more\nCOMPOSE_PROGRESS=loud\n')
  mkdirSync(join(directory, 'below'))
  const below = {directory: join(directory, 'below'), environment: {}}
  expect((await stack(['config', '--services'], below)).stderr).toContain('COMPOSE_PROGRESS')
  rmSync(join(directory, 'compose.yaml'))
  write('.env', 'COMPOSE_PROJECT_NAME=shop\n')
  const engine = withContainers([container('web')])
  expect((await stack(['ps', '-q'], {engine, directory, environment: {}})).stdout).toBe(`${container('web').id}\n`)
})
