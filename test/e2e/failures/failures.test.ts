import {once} from 'node:events'
import {createServer} from 'node:net'
import {describe, expect, test} from 'vitest'
import {askEngine, links, processes, rows, states} from '../../support/observed.ts'
import {projects} from '../../support/projects.ts'
import {collect, eventually, Workplace} from '../../support/stack.ts'

const project = projects()

describe('what the file says wrong is told with its place, and nothing is started', () => {
  test.each([
    ['invalid YAML', 'services:\n  web: [image: x\n', /compose\.yaml:\d+:\d+/],
    ['an unknown attribute', 'services:\n  web:\n    imagee: host://\n', /compose\.yaml:3:5[\s\S]*imagee[\s\S]*image/],
    [
      'a cycle',
      'services:\n  a: {image: "host://", depends_on: [b]}\n  b: {image: "host://", depends_on: [a]}\n',
      /a (->|→) b (->|→) a/,
    ],
    ['an undefined network', 'services:\n  a: {image: "host://", networks: [nope]}\n', /nope/],
  ])('%s', async (_name, compose, message) => {
    const up = await (await project(compose)).stack('up', '-d')
    expect(up.code).not.toBe(0)
    expect(up.all).toMatch(message)
    expect(links()).toEqual([])
  })
})

test('an image that is not there', async () => {
  const up = await (await project('services:\n  a: {image: "redis:7"}\n')).stack('up', '-d')
  expect(up.code).toBe(1)
  expect(up.all).toMatch(/redis:7/)
  expect(up.all).toMatch(/apt:\/\/redis/)
})

test('a program that is not in the container: 127, and its name', async () => {
  const here = await project('services:\n  a: {image: "host://", command: nonesuch}\n')
  const up = await here.stack('up', '-d')
  expect(up.code).toBe(1)
  expect(up.all).toMatch(/nonesuch.*No such file or directory/)
  const id = (await rows(here))[0]?.ID
  const {State} = await askEngine<{State: object}>(`/containers/${id}/json`)
  expect(State).toMatchObject({
    Status: 'created',
    ExitCode: 127,
    Error: expect.stringContaining('nonesuch'),
  })
  expect(processes('nonesuch')).toEqual([])
})

test('a port that is taken: by whom', async () => {
  const server = createServer().listen(8099)
  await once(server, 'listening')
  try {
    const up = await (
      await project('services:\n  a: {image: "host://", command: sleep infinity, ports: ["8099:80"]}\n')
    ).stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.all).toMatch(new RegExp(`a: port 8099 is taken by .*\\(pid ${process.pid}\\)`))
    expect(up.all, 'it is known before anything is made').not.toMatch(/Creat/)
  } finally {
    server.close()
  }
})

test('a port that another stack has: which service of which project', async () => {
  const first = await Workplace.make({
    'compose.yaml':
      'name: first\nservices:\n  holder: {image: "host://", command: sleep infinity, ports: ["8098:80"]}\n',
  })
  try {
    expect((await first.stack('up', '-d')).code).toBe(0)
    const up = await (
      await project('services:\n  a: {image: "host://", command: sleep infinity, ports: ["8098:80"]}\n')
    ).stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.all).toContain('a: port 8098 is taken by container first-holder-1 of project first')
    expect(up.all).not.toMatch(/Creat/)
  } finally {
    await first[Symbol.asyncDispose]()
  }
})

test('what runs goes on where its new port is taken; a range that is too short is known before the start', async () => {
  const server = createServer().listen(8099)
  await once(server, 'listening')
  const compose = (ports: string, scale = 1) =>
    `services:\n  a: {image: "host://", command: sleep infinity, init: true, ports: ["${ports}"], scale: ${scale}}\n`
  try {
    const here = await project(compose('8097:80'))
    expect((await here.stack('up', '-d')).code).toBe(0)
    const before = await rows(here)
    await here.write('compose.yaml', compose('8099:80'))
    expect((await here.stack('up', '-d')).all).toContain('port 8099 is taken by')
    expect((await rows(here)).map(each => [each.ID, each.State])).toEqual(before.map(each => [each.ID, 'running']))
    await here.write('compose.yaml', compose('8098-8099:80', 2))
    expect((await here.stack('up', '-d')).all).toContain(
      'a: 2 containers want a port of 8098-8099 each, and 1 of them are free: port 8099 is taken by',
    )
    expect((await rows(here)).map(each => each.ID)).toEqual(before.map(each => each.ID))
    await here.write('compose.yaml', compose('8096-8098:80', 3))
    expect((await here.stack('up', '-d')).code).toBe(0)
    const ports = await Promise.all(['1', '2', '3'].map(index => here.stack('port', '--index', index, 'a', '80')))
    expect(ports.map(each => each.stdout.trim()).sort()).toEqual(['0.0.0.0:8096', '0.0.0.0:8097', '0.0.0.0:8098'])
    expect((await here.stack('scale', 'a=4')).all).toContain('1 containers want a port of 8096-8098 each')
  } finally {
    server.close()
  }
})

test('a start that fails half-way leaves no process, link or mount of that container', async () => {
  const here = await project(
    'services:\n  a: {image: "host://", command: sleep 77, working_dir: /proc/nowhere/at/all}\n',
  )
  const up = await here.stack('up', '-d')
  expect(up.code).not.toBe(0)
  expect(processes('sleep 77')).toEqual([])
  expect(processes('stack-monitor')).toEqual([])
  await here.stack('down')
  await eventually(() => links().length === 0)
})

test('one failure stops what depends on it and nothing else', async () => {
  const here = await project(`services:
  broken: {image: "host://", command: nonesuch}
  needs: {image: "host://", command: sleep infinity, depends_on: [broken]}
  other: {image: "host://", command: sleep infinity}
`)
  expect((await here.stack('up', '-d')).code).not.toBe(0)
  const seen = await states(here)
  expect(seen).toContain('other-1 running')
  expect(seen).not.toContain('needs-1 running')
})

describe('Ctrl-C', () => {
  const slow = `services:
  slow:
    image: host://
    stop_grace_period: 20s
    command: sh -c 'trap "echo asked; sleep 1; exit 0" TERM; echo up; while :; do sleep 0.1; done'
  stubborn:
    image: host://
    stop_grace_period: 20s
    command: sh -c 'trap "echo no" TERM; echo up; while :; do sleep 0.1; done'
`
  const attached = async () => {
    const here = await project(slow)
    const child = here.start('up')
    const output = collect(child.stdout)
    const errors = collect(child.stderr)
    await eventually(() => /slow-1\s+\| up/.test(output()) && /stubborn-1\s+\| up/.test(output()), {
      what: 'both services',
    })
    return {here, child, output, errors}
  }

  test('once stops gracefully, twice kills, and the exit code is 130', async () => {
    const {here, child, output, errors} = await attached()
    child.kill('SIGINT')
    await eventually(() => output().includes('asked'), {what: 'the graceful stop'})
    expect(output() + errors()).toMatch(/Gracefully/)
    const began = Date.now()
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(130)
    expect(Date.now() - began).toBeLessThan(5000)
    expect((await rows(here)).map(each => each.State)).toEqual(['exited', 'exited'])
  })
})
