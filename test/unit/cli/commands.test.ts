import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import type {ExecSpec} from '../../../src/engine/engine.ts'
import {container, inProject, stack, withContainers} from './support.ts'

beforeEach(() => {
  vi.useFakeTimers({now: 182_000, toFake: ['Date']})
})
afterEach(() => {
  vi.useRealTimers()
})

const web = container('web', {ports: [{target: 80, protocol: 'tcp', hostIp: '0.0.0.0', published: 8080}]})
const db = container('db', {status: 'exited', exitCode: 3, finishedAt: 122_000})
const second = container('web', {number: 2, health: 'starting'})
const oneoff = container('web', {number: 7, oneoff: true, name: 'shop-web-run-abc', id: 'oneoff'})
const engine = withContainers([second, web, db, oneoff])

test('ps shows what runs', async () => {
  expect((await stack(['ps'], {engine})).stdout).toMatchInlineSnapshot(`
    "NAME         IMAGE        COMMAND                  SERVICE   CREATED         STATUS                            PORTS
    shop-web-1   nginx:1.27   "nginx -g daemon off;"   web       3 minutes ago   Up 3 minutes                      0.0.0.0:8080->80/tcp
    shop-web-2   nginx:1.27   "nginx -g daemon off;"   web       3 minutes ago   Up 3 minutes (health: starting)
    "
  `)
})

test('ps -a shows all', async () => {
  expect((await stack(['ps', '-a', '--no-trunc'], {engine})).stdout).toMatchInlineSnapshot(`
    "NAME               IMAGE        COMMAND                  SERVICE   CREATED         STATUS                            PORTS
    shop-db-1          nginx:1.27   "nginx -g daemon off;"   db        3 minutes ago   Exited (3) About a minute ago
    shop-web-1         nginx:1.27   "nginx -g daemon off;"   web       3 minutes ago   Up 3 minutes                      0.0.0.0:8080->80/tcp
    shop-web-2         nginx:1.27   "nginx -g daemon off;"   web       3 minutes ago   Up 3 minutes (health: starting)
    shop-web-run-abc   nginx:1.27   "nginx -g daemon off;"   web       3 minutes ago   Up 3 minutes
    "
  `)
})

test.each([
  [['ps', '-q'], `${web.id}\n${second.id}\n`],
  [['ps', '--services'], 'web\n'],
  [['ps', '--services', '-a'], 'db\nweb\n'],
  [['ps', '-q', '--status', 'exited'], `${db.id}\n`],
  [['ps', '-q', '--filter', 'status=exited'], `${db.id}\n`],
  [['ps', '-aq', 'db'], `${db.id}\n`],
  [['port', 'web', '80'], '0.0.0.0:8080\n'],
  [['port', 'web', '80/tcp'], '0.0.0.0:8080\n'],
  [['ls', '-q'], 'shop\n'],
  [
    ['ls', '--filter', 'name=^sh', '--format', 'json'],
    '[{"Name":"shop","Status":"exited(1), running(2)","ConfigFiles":"/shop/compose.yaml"}]\n',
  ],
  [['ls', '-q', '--filter', 'name=^x'], ''],
  [['images', '-q'], '0123456789ab\n'],
])('%j', async (args, expected) => {
  expect(await stack(args, {engine})).toEqual({code: 0, stdout: expected, stderr: ''})
})

test.each([
  [['ps', 'nope'], 'no such service: nope'],
  [['ps', '--status', 'tired'], 'no such state "tired"'],
  [['ps', '--filter', 'colour=red'], 'cannot filter by "colour=red"'],
  [['port', 'web', '81'], 'no port 81/tcp of service "web" is published'],
  [['port', 'web', '80', '--index', '2'], 'no port 80/tcp of service "web" is published'],
  [['exec', 'db', 'ls'], 'service "db" is not running'],
  [['exec', '--index', '9', 'web', 'ls'], 'service "web" has no container 9'],
  [['logs', '--tail', 'few'], 'option --tail is a number of lines or "all", not "few"'],
  [['logs', '--since', 'lately'], 'option --since is a time or a duration, not "lately"'],
])('%j fails', async (args, message) => {
  const {code, stderr} = await stack(args, {engine})
  expect(stderr).toContain(`stack: ${message}\n`)
  expect(code).toBe(1)
})

test('ps --format json is an object a line, with the fields of Docker', async () => {
  const lines = (await stack(['ps', '--format', 'json'], {engine})).stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  expect(JSON.parse(lines[0]!)).toMatchObject({
    Name: 'shop-web-1',
    Service: 'web',
    Project: 'shop',
    State: 'running',
    Status: 'Up 3 minutes',
    ExitCode: 0,
    Health: '',
    Ports: '0.0.0.0:8080->80/tcp',
    Publishers: [{URL: '0.0.0.0', TargetPort: 80, PublishedPort: 8080, Protocol: 'tcp'}],
  })
})

test('exec gives everything behind the service to the command, and its exit code back', async () => {
  const asked: Array<[string, ExecSpec]> = []
  const executing = withContainers([second, web], {
    exec: async (id, spec) => {
      asked.push([id, spec])
      return 42
    },
  })
  const {code} = await stack(
    ['exec', '-e', 'A=1', '-e', 'COMPOSE_PROJECT_NAME', '-u', 'root', '-w', '/srv', 'web', 'ls', '-la', '--help'],
    {engine: executing},
  )
  expect(code).toBe(42)
  expect(asked).toEqual([
    [
      web.id,
      {
        command: ['ls', '-la', '--help'],
        tty: false,
        stdin: true,
        detach: false,
        privileged: false,
        environment: ['A=1', 'COMPOSE_PROJECT_NAME=shop'],
        user: 'root',
        workingDir: '/srv',
      },
    ],
  ])
})

test('exec --index chooses the container, -d needs no input', async () => {
  const asked: Array<[string, boolean, boolean | undefined]> = []
  const executing = withContainers([web, second], {
    exec: async (id, {stdin, detach}) => {
      asked.push([id, stdin, detach])
      return 0
    },
  })
  await stack(['exec', '-d', '--index=2', 'web', 'true'], {engine: executing})
  expect(asked).toEqual([[second.id, false, true]])
})

test('logs are printed by service, both streams to standard output', async () => {
  const writing = withContainers([web, db], {
    logs: async function* (id, {tail}) {
      yield {stream: 'stderr', data: Buffer.from(`${id === web.id ? 'from web' : 'from db'} ${tail}\n`)}
    },
  })
  const {stdout, stderr} = await stack(['logs', '-n', '3'], {engine: writing})
  expect(stdout.split('\n').sort()).toEqual(['', 'db-1   | from db 3', 'web-1  | from web 3'])
  expect(stderr).toBe('')
  expect((await stack(['logs', '--no-log-prefix', 'db'], {engine: writing})).stdout).toBe('from db undefined\n')
})

test('wait prints the code of the first that ends, and ends with it', async () => {
  expect(await stack(['wait', 'db'], {engine: withContainers([db], {events: async function* () {}})})).toMatchObject({
    code: 3,
    stdout: '3\n',
  })
})

test('top is one table', async () => {
  const busy = withContainers([web, db], {
    processes: async () => ({titles: ['UID', 'PID', 'CMD'], rows: [['root', '12', 'nginx: \u001b[2Jmaster']]}),
  })
  expect((await stack(['top'], {engine: busy})).stdout).toBe(
    'SERVICE   #   UID    PID   CMD\nweb       1   root   12    nginx: master\n',
  )
})

test('kill reports each container, and goes on when one fails', async () => {
  const killed: string[] = []
  const killing = withContainers([web, second], {
    killContainer: async (id, signal) => {
      if (id === web.id) throw new Error('no such process')
      killed.push(signal)
    },
  })
  const {code, stderr} = await stack(['kill', '-s', 'HUP'], {engine: killing})
  expect(code).toBe(1)
  expect(killed).toEqual(['HUP'])
  expect(stderr).toContain(' Container shop-web-2  Killed\n')
  expect(stderr).toContain('stack: cannot kill web.1: no such process\n')
})

test('a dry run tells and does nothing', async () => {
  const {code, stderr} = await stack(['--dry-run', 'pause'], {engine: withContainers([web])})
  expect(code).toBe(0)
  expect(stderr).toBe(' DRY-RUN MODE - Container shop-web-1  Pausing\n DRY-RUN MODE - Container shop-web-1  Paused\n')
})

test('events are lines or objects', async () => {
  const happening = withContainers([web], {
    events: async function* () {
      yield {action: 'die', container: 'abc', name: 'shop-web-1', service: 'web', number: 1, exitCode: 3, at: 1500}
      yield {
        action: 'health_status',
        container: 'def',
        name: 'shop-db-1',
        service: 'db',
        number: 1,
        health: 'healthy',
        at: 1500,
      }
    },
  })
  expect((await stack(['events'], {engine: happening})).stdout).toBe(
    '1970-01-01 00:00:01.500000 container die abc (exitCode=3, name=shop-web-1)\n1970-01-01 00:00:01.500000 container health_status: healthy def (name=shop-db-1)\n',
  )
  const {stdout} = await stack(['events', '--json', 'web'], {engine: happening})
  expect(JSON.parse(stdout)).toEqual({
    time: '1970-01-01T00:00:01.500Z',
    type: 'container',
    service: 'web',
    id: 'abc',
    action: 'die',
    attributes: {exitCode: '3', name: 'shop-web-1'},
  })
})

const shop =
  'name: shop\nservices:\n  web: {image: nginx, depends_on: [db]}\n  db: {image: postgres, volumes: [data:/data]}\n  debug: {image: busybox, profiles: [dev]}\nvolumes: {data: }\n'

test('what is wrong with a file is shown where it is, and nothing is asked of an engine', async () => {
  await inProject('services:\n  web:\n    imagee: nginx\n', async directory => {
    const {code, stderr, stdout} = await stack(['ps'], {directory, environment: {}})
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('compose.yaml:3:5: error: unknown key "imagee"')
    expect(stderr).toContain('3 |     imagee: nginx')
  })
})

test('pull fetches each image once, with what the services depend on if asked', async () => {
  const fetched: string[] = []
  const pulling = withContainers([], {
    ensureImage: async (reference, policy) => {
      fetched.push(`${reference} ${policy}`)
      return {id: 'x', reference, hasHealthcheck: false}
    },
  })
  await inProject(shop, async directory => {
    await stack(['pull', 'web'], {directory, environment: {}, engine: pulling})
    expect(fetched.splice(0)).toEqual(['nginx always'])
    await stack(['pull', 'web', '--include-deps', '--policy=missing'], {directory, environment: {}, engine: pulling})
    expect(fetched).toEqual(['nginx missing', 'postgres missing'])
  })
})
