import {afterAll, beforeAll, expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {collect, eventually, type Outcome, Workplace} from '../../support/stack.ts'

let place: Workplace
const environment = {DOCKER_HOST: 'unix:///run/stack/stack.sock', DOCKER_CONFIG: '/tmp/none'}
const docker = (...words: string[]): Promise<Outcome> => place.run('docker', words, environment)

beforeAll(async () => {
  place = await Workplace.make({
    'compose.yaml': `name: dock
services:
  web:
    image: host://
    command: sh -c 'echo hello; echo trouble >&2; trap "exit 5" TERM; while :; do sleep 0.1; done'
    ports: ["8097:80"]
`,
  })
  expect((await place.stack('up', '-d')).code).toBe(0)
})
afterAll(() => place[Symbol.asyncDispose]())

test('ps', async context => {
  needs(context, 'docker')
  const {stdout} = await docker('ps', '--format', '{{.Names}} {{.Image}} {{.Status}} {{.Ports}}')
  expect(stdout).toMatch(/^dock-web-1 host:\/\/ Up .* 0\.0\.0\.0:8097->80\/tcp/)
  expect((await docker('ps', '-q', '--filter', 'label=com.docker.compose.project=none')).stdout).toBe('')
})

test('logs', async context => {
  needs(context, 'docker')
  const outcome = await eventually(async () => {
    const seen = await docker('logs', 'dock-web-1')
    return seen.stdout.includes('hello') && seen
  })
  expect(outcome).toMatchObject({stdout: 'hello\n', stderr: 'trouble\n'})
  const follower = place.begin('docker', ['logs', '-f', '--tail', '1', 'dock-web-1'], environment)
  const text = collect(follower.stderr)
  await eventually(() => text().includes('trouble'))
  follower.kill('SIGKILL')
})

test('exec without a terminal: streams apart, stdin, exit code', async context => {
  needs(context, 'docker')
  expect(await docker('exec', 'dock-web-1', 'sh', '-c', 'echo a; echo b >&2; exit 6')).toMatchObject({
    code: 6,
    stdout: 'a\n',
    stderr: 'b\n',
  })
  const piped = await place.run('sh', ['-c', 'printf "one\\ntwo\\n" | docker exec -i dock-web-1 wc -l'], environment)
  expect(piped.stdout.trim()).toBe('2')
  expect((await docker('exec', 'dock-web-1', 'nonesuch')).code).toBe(127)
})

test('exec -it on a terminal', async context => {
  needs(context, 'docker', 'script')
  const {stdout} = await place.run(
    'script',
    [
      '-qec',
      'stty rows 33 cols 77; docker exec -it dock-web-1 sh -c "tty; stty size; exit 4"; echo code=$?',
      '/dev/null',
    ],
    environment,
  )
  expect(stdout).toMatch(/\/dev\/pts\/\d/)
  expect(stdout).toContain('33 77')
  expect(stdout).toContain('code=4')
})

test('inspect', async context => {
  needs(context, 'docker')
  const [seen] = JSON.parse((await docker('inspect', 'dock-web-1')).stdout)
  expect(seen).toMatchObject({
    Name: '/dock-web-1',
    State: {Status: 'running', Running: true, ExitCode: 0},
    Config: {Labels: {'com.docker.compose.service': 'web'}},
    NetworkSettings: {Networks: {dock_default: {IPAddress: expect.stringMatching(/^\d+\./)}}},
  })
  expect((await docker('network', 'ls', '--format', '{{.Name}}')).stdout).toContain('dock_default')
})

test('stats and top', async context => {
  needs(context, 'docker')
  expect((await docker('stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}}')).stdout).toMatch(/^dock-web-1 [1-9]/)
  expect((await docker('top', 'dock-web-1')).stdout).toContain('sh -c')
})

test('events of a stop, and the exit code', async context => {
  needs(context, 'docker')
  const watcher = place.begin('docker', ['events', '--format', '{{.Type}} {{.Action}}'], environment)
  const text = collect(watcher.stdout)
  await eventually(async () => {
    await docker('exec', 'dock-web-1', 'true')
    return text().includes('exec_die')
  })
  expect((await docker('stop', 'dock-web-1')).code).toBe(0)
  await eventually(() => text().includes('container stop'))
  expect(text()).toMatch(/container kill[\s\S]*container die[\s\S]*container stop/)
  watcher.kill('SIGKILL')
  expect((await docker('inspect', '--format', '{{.State.ExitCode}}', 'dock-web-1')).stdout.trim()).toBe('5')
  expect((await docker('start', 'dock-web-1')).code).toBe(0)
  expect((await docker('ps', '--format', '{{.Names}}')).stdout.trim()).toBe('dock-web-1')
})

test("errors have docker's words", async context => {
  needs(context, 'docker')
  expect(await docker('logs', 'nonesuch')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No such container: nonesuch'),
  })
})

test('cp into and out of a container', async context => {
  needs(context, 'docker')
  await place.write('greeting.txt', 'good morning\n')
  expect((await docker('cp', 'greeting.txt', 'dock-web-1:/srv/new.txt')).all).not.toContain('rror')
  expect((await docker('exec', 'dock-web-1', 'cat', '/srv/new.txt')).stdout).toBe('good morning\n')
  expect((await docker('cp', 'dock-web-1:/srv', 'copy')).code).toBe(0)
  expect((await place.run('cat', ['copy/new.txt'])).stdout).toBe('good morning\n')
  const piped = await place.run('sh', ['-c', 'docker cp dock-web-1:/srv/new.txt - | tar -xO'], environment)
  expect(piped.stdout).toBe('good morning\n')
  const missing = await docker('cp', 'dock-web-1:/nowhere/at/all', 'copy')
  expect(missing.code).toBe(1)
  expect(missing.stderr).toContain('/nowhere/at/all')
})
