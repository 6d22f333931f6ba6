import {expect, test} from 'vitest'
import {inProject, stack} from './support.ts'

const shop =
  'name: shop\nservices:\n  web: {image: nginx, depends_on: [db]}\n  db: {image: postgres, volumes: [data:/data]}\n  debug: {image: busybox, profiles: [dev]}\nvolumes: {data: }\n'

test.each([
  [['config', '--services'], 'db\nweb\n'],
  [['--profile', 'dev', 'config', '--services'], 'db\ndebug\nweb\n'],
  [['config', '--profile', 'dev', '--services'], 'db\ndebug\nweb\n'],
  [['config', '--images'], 'nginx\npostgres\n'],
  [['config', '--volumes'], 'data\n'],
  [['config', '--profiles'], 'dev\n'],
  [['config', '-q'], ''],
])('%j', async (args, expected) => {
  await inProject(shop, async directory => {
    expect(await stack(args, {directory, environment: {}})).toEqual({code: 0, stdout: expected, stderr: ''})
  })
})

test('config prints the files as one, in yaml or json', async () => {
  await inProject(shop, async directory => {
    expect((await stack(['config'], {directory, environment: {}})).stdout).toMatch(/^name: shop\nservices:\n {2}db:\n/)
    const {stdout} = await stack(['config', '--format', 'json', 'db'], {directory, environment: {}})
    expect(Object.keys(JSON.parse(stdout).services)).toEqual(['db'])
  })
})

test('config --hash tells the hash of each service', async () => {
  await inProject(shop, async directory => {
    const {stdout} = await stack(['config', '--hash', '*'], {directory, environment: {}})
    expect(stdout).toMatch(/^db [0-9a-f]{64}\nweb [0-9a-f]{64}\n$/)
  })
})

const layered = {
  'compose.yaml': `name: shop
services:
  web:
    image: nginx:\${TAG:-1}
    environment: {A: base, HOME: }
    env_file: [a.env, b.env]
    ports: ["8080:80"]
    labels: {com.example.tier: front}
`,
  'override.yaml': `services:
  web:
    image: nginx:\${TAG}-alpine
    environment: [A=over, "B=\${NOPE:-none}"]
`,
  '.env': 'TAG=7\n',
  'a.env': 'X=1\nA=file\n',
  'b.env': '# later\nX=2\n',
}
const files = ['-f', 'compose.yaml', '-f', 'override.yaml']
const inLayers = (...words: string[]) =>
  inProject(layered, async directory => {
    const outcome = await stack([...files, ...words], {directory, environment: {HOME: '/home/me'}})
    return {
      ...outcome,
      stdout: outcome.stdout.replaceAll(directory, '.'),
      stderr: outcome.stderr.replaceAll(directory, '.'),
    }
  })

test('config --explain: where a value was written, what its variables are, and what it took the place of', async () => {
  expect((await inLayers('config', '--explain', 'services.web.image')).stdout).toMatchInlineSnapshot(`
    "services.web.image: "nginx:7-alpine"
      override.yaml:3:12   nginx:\${TAG}-alpine
        TAG is "7"   .env:1:1
      instead of "nginx:7"   compose.yaml:4:12
    "
  `)
  expect((await inLayers('config', '--explain', 'services.web.environment')).stdout).toMatchInlineSnapshot(`
    "services.web.environment.X: "2"
      b.env:2:1
      instead of "1"   a.env:1:1
    services.web.environment.A: "over"
      override.yaml:4:19   A=over
      instead of "base"   compose.yaml:5:22
      instead of "file"   a.env:2:1
    services.web.environment.HOME: "/home/me"
      compose.yaml:5:34
        HOME is "/home/me"   environment
    services.web.environment.B: "none"
      override.yaml:4:27   "B=\${NOPE:-none}"
        NOPE is not set
    "
  `)
  expect((await inLayers('config', '--explain', 'services.web.networks')).stdout).toMatchInlineSnapshot(`
    "services.web.networks.default: null
      the default: no file says it
    "
  `)
})

test('config --explain takes list positions, and keys with dots', async () => {
  expect((await inLayers('config', '--explain', 'services.web.ports[0].target')).stdout).toMatchInlineSnapshot(`
    "services.web.ports[0].target: 80
      compose.yaml:7:13   "8080:80"
    "
  `)
  expect((await inLayers('config', '--explain', 'services.web.labels.com.example.tier')).stdout).toMatchInlineSnapshot(`
    "services.web.labels.com.example.tier: "front"
      compose.yaml:8:32   front
    "
  `)
})

test('config --explain for programs', async () => {
  const {stdout} = await inLayers('config', '--explain', 'services.web.image', '--format', 'json')
  expect(JSON.parse(stdout)).toEqual([
    {
      path: 'services.web.image',
      value: 'nginx:7-alpine',
      from: {kind: 'written', at: 'override.yaml:3:12', variables: [{name: 'TAG', value: '7', at: '.env:1:1'}]},
      shadows: [{value: 'nginx:7', at: 'compose.yaml:4:12'}],
    },
  ])
})

test('config --explain of what is not there says what is', async () => {
  expect(await inLayers('config', '--explain', 'services.wbe.image')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did you mean "services.web"?'),
  })
})

test('env lists the variables of a service', async () => {
  expect((await inLayers('env', 'web')).stdout).toMatchInlineSnapshot(`
    "NAME   VALUE      FROM                                           INSTEAD OF
    A      over       override.yaml:4:19                             base compose.yaml:5:22, file a.env:2:1
    B      none       override.yaml:4:27, NOPE not set
    HOME   /home/me   compose.yaml:5:34, HOME from the environment
    X      2          b.env:2:1                                      1 a.env:1:1
    "
  `)
  expect(JSON.parse((await inLayers('env', 'web', '--format', 'json')).stdout)).toHaveLength(4)
  expect(await inLayers('env', 'wbe')).toMatchObject({code: 1, stderr: expect.stringContaining('did you mean "web"?')})
})

test('config --variables and --environment', async () => {
  expect((await inLayers('config', '--variables')).stdout).toMatchInlineSnapshot(`
    "NAME   REQUIRED   DEFAULT VALUE   ALTERNATE VALUE
    NOPE   false      none
    TAG    false
    "
  `)
  expect((await inLayers('config', '--environment')).stdout).toBe('COMPOSE_PROJECT_NAME=shop\nHOME=/home/me\nTAG=7\n')
})

test('config leaves out what it is told to', async () => {
  const plain = await inLayers(
    'config',
    '--no-interpolate',
    '--no-normalize',
    '--no-path-resolution',
    '--no-env-resolution',
  )
  expect(plain.stdout).toMatchInlineSnapshot(`
    "name: shop
    services:
      web:
        environment:
          A: over
          B: \${NOPE:-none}
          HOME: /home/me
        env_file:
          - path: a.env
          - path: b.env
        image: nginx:\${TAG}-alpine
        labels:
          com.example.tier: front
        ports:
          - mode: ingress
            target: 80
            published: "8080"
            protocol: tcp
    "
  `)
})

test('config --no-normalize shows what no service uses; --no-consistency lets what is not defined pass', async () => {
  await inProject('services:\n  web: {image: x, networks: [back]}\nvolumes: {data: }\n', async directory => {
    const refused = await stack(['config'], {directory, environment: {}})
    expect(refused).toMatchObject({code: 1, stderr: expect.stringContaining('network "back" is not defined')})
    const shown = await stack(['-p', 'a', 'config', '--no-consistency', '--no-normalize'], {directory, environment: {}})
    expect(shown).toMatchObject({code: 0, stderr: ''})
    expect(shown.stdout).toBe(
      'name: a\nservices:\n  web:\n    image: x\n    networks:\n      back: null\nvolumes:\n  data: {}\n',
    )
  })
})

test('config prints a file that stack cannot run, and says why it cannot', async () => {
  await inProject('services:\n  web: {image: x, runtime: kata}\n', async directory => {
    const {code, stdout, stderr} = await stack(['config'], {directory, environment: {}})
    expect(code).toBe(0)
    expect(stdout).toContain('runtime: kata')
    expect(stderr).toContain('warning: services.web.runtime must be runc')
  })
})

test('problems are objects with --progress json', async () => {
  await inProject('services:\n  web: {imagee: x}\n', async directory => {
    const {stderr} = await stack(['--progress', 'json', 'config'], {directory, environment: {}})
    expect(JSON.parse(stderr.split('\n')[0]!)).toMatchObject({error: true, file: 'compose.yaml', line: 2, column: 9})
  })
})

test('schema prints a JSON Schema that knows every attribute of a service', async () => {
  const {stdout} = await stack(['schema'], {directory: '/', environment: {}})
  const schema = JSON.parse(stdout)
  expect(schema.$schema).toContain('2020-12')
  expect(Object.keys(schema.$defs.service.properties)).toHaveLength(94)
})
