import {readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {askEngine, rows, states} from '../../support/observed.ts'
import {projects} from '../../support/projects.ts'
import {eventually, type Workplace} from '../../support/stack.ts'

const project = projects()

/** The log files of the first container, with their sizes. */
async function files(here: Workplace): Promise<Array<readonly [name: string, size: number]>> {
  const containers = '/var/lib/stack/containers'
  const id = (await rows(here))[0]!.ID
  const directory = join(containers, readdirSync(containers).find(each => each.startsWith(id))!)
  const names = readdirSync(directory).filter(name => /^log/.test(name))
  return names.sort().map(name => [name, statSync(join(directory, name)).size] as const)
}
const inspected = async (here: Workplace) => {
  const id = (await rows(here))[0]!.ID
  return (await askEngine<{HostConfig: {LogConfig: unknown}}>(`/containers/${id}/json`)).HostConfig.LogConfig
}

test('max-size and max-file bound what is kept; the newest lines stay', async () => {
  const here = await project(`services:
  web:
    image: host://
    command: seq 1 2000
    logging: {driver: json-file, options: {max-size: 20k, max-file: 3}}
`)
  await here.stack('up')
  const kept = await files(here)
  expect(kept.map(([name]) => name)).toEqual(['log', 'log.1', 'log.2'])
  expect(Math.max(...kept.map(([, size]) => size))).toBeLessThanOrEqual(20 * 1024)
  expect((await here.stack('logs', '--no-log-prefix', '-n', '1')).stdout).toBe('2000\n')
  const {stdout} = await here.stack('logs', '--no-log-prefix')
  expect(stdout.split('\n').length).toBeLessThan(1000)
  expect(await inspected(here)).toEqual({Type: 'json-file', Config: {'max-size': '20480', 'max-file': '3'}})
})

test('max-size -1 keeps all in one file', async () => {
  const here = await project(
    'services:\n  web:\n    image: host://\n    command: seq 1 2000\n    logging: {options: {max-size: "-1"}}\n',
  )
  await here.stack('up')
  expect((await here.stack('logs', '--no-log-prefix')).stdout.split('\n')).toHaveLength(2001)
  expect((await files(here)).map(([name]) => name)).toEqual(['log'])
  expect(await inspected(here)).toEqual({Type: 'json-file', Config: {'max-size': '-1', 'max-file': '1'}})
})

test('driver none keeps nothing, and logs and up say so', async () => {
  const here = await project(`services:
  web: {image: "host://", command: sh -c 'echo lost; exit 3', logging: {driver: none}}
  other: {image: "host://", command: echo kept}
`)
  const up = await here.stack('up')
  expect(up.stdout).toContain('web-1 keeps no output: its logging driver is none')
  expect(up.stdout).toMatch(/other-1\s+\| kept/)
  expect(up.stdout).not.toContain('lost')
  const logs = await here.stack('logs')
  expect(logs).toMatchObject({code: 0, stderr: 'web-1 keeps no output: its logging driver is none\n'})
  expect(logs.stdout).toMatch(/^other-1\s+\| kept\n$/)
  await eventually(async () => (await states(here)).join() === 'other-1 exited,web-1 exited')
  await here.stack('down', 'other')
  expect(await files(here)).toEqual([])
  expect(await inspected(here)).toEqual({Type: 'none', Config: {}})
})

test('what cannot be understood is told with its place', async () => {
  const here = await project(
    'services:\n  web:\n    image: host://\n    logging:\n      options: {max-size: much, max-file: 0}\n',
  )
  const up = await here.stack('up', '-d')
  expect(up.code).toBe(1)
  expect(up.stderr).toMatch(/compose\.yaml:5:\d+: error: services\.web\.logging\.options\.max-size is a size/)
  expect(up.stderr).toMatch(/max-file is a number of files/)
})
