import {readdirSync, readFileSync} from 'node:fs'
import {request} from 'node:http'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {dockerd} from '../../support/builders.ts'
import {needs} from '../../support/needs.ts'
import {eventually, Workplace} from '../../support/stack.ts'

const state = () => process.env.STACK_STATE_DIR ?? '/var/lib/stack'
const socketPath = join(process.env.STACK_RUN_DIR ?? '/run/stack', 'stack.sock')

const commands = () =>
  readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid))
    .map(pid => ({pid: Number(pid), command: commandOf(pid)}))

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

test('a daemon that is killed during a step: the next one clears it away', async () => {
  await using place = await Workplace.make({
    'compose.yaml': 'services: {web: {build: {context: ., network: none}}}\n',
    Dockerfile: 'FROM host://\nRUN echo one > /one\nRUN echo two > /two && exec sleep 123456\n',
  })
  place.start('build')
  const sleeping = () => commands().some(each => each.command === 'sleep 123456 ')
  await eventually(sleeping, {what: 'the step'})
  const daemon = commands().find(each => /bin\/stack daemon $/.test(each.command))
  process.kill(daemon!.pid, 'SIGKILL')
  await eventually(() => !sleeping(), {what: 'the end of its program'})
  await eventually(() => readdirSync(join(state(), 'containers')).filter(each => !each.startsWith('.')).length === 0)
  await eventually(() => readdirSync(join(state(), 'images/incoming')).length === 0)
  expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(`${state()}/containers`)
})

/** What the engine answers to a context as a tar archive, as the Engine API's clients send it. */
function post(path: string, body: Uint8Array): Promise<{status: number; text: string}> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {socketPath, path, method: 'POST', headers: {'content-type': 'application/x-tar'}},
      answer => {
        const pieces: Buffer[] = []
        answer.on('data', piece => pieces.push(piece as Buffer))
        answer.on('end', () => resolve({status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString()}))
      },
    )
    asked.on('error', reject).end(body)
  })
}

test('POST /build takes a tar archive, with the query of the Engine API', async () => {
  await using place = await Workplace.make({
    'compose.yaml': 'services: {web: {image: "tarred:1", network_mode: none}}\n',
    'Other.df':
      'FROM host:// AS a\nARG WHO=nobody\nLABEL who=$WHO\nCOPY file /file\nCMD ["cat", "/file"]\nFROM a\nRUN false\n',
    file: 'as it was sent\n',
  })
  await place.stack('ls')
  const {stdout} = await place.run('sh', ['-c', 'tar -cz . | base64 -w0'])
  const query = `dockerfile=Other.df&target=a&t=tarred:1&buildargs=${encodeURIComponent('{"WHO":"me"}')}`
  const built = await post(`/v1.41/build?${query}`, Buffer.from(stdout, 'base64'))
  expect(built.status).toBe(200)
  const lines = built.text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as {stream?: string; aux?: {ID: string}})
  expect(lines.find(each => each.aux)?.aux?.ID).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(lines.at(-1)?.stream).toBe('Successfully tagged tarred:1\n')
  expect((await place.stack('up', '--no-log-prefix')).all).toContain('as it was sent\n')

  const failing = await post('/build?dockerfile=Other.df&networkmode=none', Buffer.from(stdout, 'base64'))
  expect(failing.text).toContain('"error":"Other.df:7:1: error: RUN false ended with exit code 1')
  expect(await post('/build?dockerfile=../x', Buffer.from(stdout, 'base64'))).toMatchObject({status: 400})
  expect(await post('/build?dockerfile=none', Buffer.from(stdout, 'base64'))).toMatchObject({status: 400})
  expect(await post('/build', Buffer.from('no archive'))).toMatchObject({status: 400})
  expect(readdirSync(join(state(), 'images/incoming'))).toEqual([])
})

test('docker build without BuildKit', async context => {
  needs(context, 'docker')
  await using place = await Workplace.make('examples/build-node')
  await place.stack('ls')
  const environment = {DOCKER_HOST: `unix://${socketPath}`, DOCKER_BUILDKIT: '0', DOCKER_CONFIG: '/tmp/none'}
  const outcome = await place.run('docker', ['build', '-t', 'by-docker', '.'], environment)
  expect(outcome.code, outcome.all).toBe(0)
  expect(outcome.stdout).toContain('Successfully tagged by-docker')
  await place.write('Failing', 'FROM scratch\nCOPY nothing-of-this-name /\n')
  const failing = await place.run('docker', ['build', '-f', 'Failing', '.'], environment)
  expect(failing).toMatchObject({code: 1, stderr: expect.stringMatching(/^Failing:2:.*nothing-of-this-name/m)})
})

test('--builder buildah: another program builds, and the image is here', async context => {
  needs(context, 'buildah')
  await using place = await Workplace.make({
    'compose.yaml': [
      'services:',
      '  web:',
      '    image: "foreign:1"',
      '    network_mode: none',
      '    build: {context: ., network: none, args: {A: given}, labels: {made: there}, secrets: [s], target: first}',
      'secrets: {s: {file: ./s}}',
      '',
    ].join('\n'),
    s: 'hush',
    Dockerfile: [
      'FROM scratch AS first',
      'ARG A',
      'COPY busybox /bin/sh',
      'RUN --mount=type=secret,id=s [ "$(cat /run/secrets/s)" = hush ] && echo "$A" > /said',
      'CMD ["/bin/sh", "-c", "read x < /said; echo $x"]',
      'FROM first',
      'RUN false',
      '',
    ].join('\n'),
  })
  const at = (name: string) => join(place.directory, name)
  await place.run('sh', ['-c', 'cp "$(command -v busybox)" busybox'])
  const [driver, conf] = ['overlay', at('storage.conf')]
  await place.write(
    'storage.conf',
    `[storage]\ndriver = "${driver}"\ngraphroot = "${at('b')}"\nrunroot = "${at('br')}"\n`,
  )
  const environment = {CONTAINERS_STORAGE_CONF: conf, BUILDAH_ISOLATION: 'chroot', TMPDIR: place.directory}
  const build = (...words: string[]) =>
    place.run(process.execPath, [place.stackProgram, 'build', ...words], environment, 120)
  try {
    const outcome = await build('--builder', 'buildah')
    expect(outcome.code, outcome.all).toBe(0)
    expect((await place.stack('up', '--no-build', '--no-log-prefix')).stdout).toContain('given\n')
    await place.write('Dockerfile', 'FROM scratch\nCOPY none /\n')
    const failed = await build('--builder', 'buildah', '--progress', 'plain')
    expect(failed.code).toBe(1)
    expect(failed.all).toContain('buildah bud ended with')
    expect((await build('--builder', 'other')).code).not.toBe(0)
    const lines = (await build('-m', '1g', '--progress', 'json', '--no-cache', '--pull')).all.trim().split('\n')
    expect(lines.filter(each => each.startsWith('{')).length).toBeGreaterThan(1)
  } finally {
    await place.run('sh', ['-c', `umount -l ${at('b/overlay')}; rm -rf ${at('b')} ${at('br')}; true`])
  }
})

test('--builder docker: without buildx it builds as before BuildKit, and says what that has not', async context => {
  needs(context, 'docker')
  needs(context, 'dockerd')
  const compose = (more = '') =>
    [
      'services:',
      '  web:',
      '    image: "foreign:2"',
      '    network_mode: none',
      '    build:',
      '      context: .',
      '      network: none',
      '      args: {A: given}',
      '      labels: {made: there}',
      '      tags: ["foreign:extra"]',
      '      target: first',
      '      extra_hosts: ["other:10.1.2.3"]',
      '      shm_size: 8m',
      '      ulimits: {nofile: 123}',
      more,
      '',
    ].join('\n')
  await using place = await Workplace.make({
    'compose.yaml': compose(),
    s: 'hush',
    '.dockerignore': '*\n!busybox\n!Dockerfile\n',
    Dockerfile: [
      'FROM scratch AS first',
      'ARG A',
      'COPY busybox /bin/sh',
      'RUN (echo "$A"; while read x; do case $x in *other*) echo $x;; esac; done < /etc/hosts; ulimit -n) > /said',
      'CMD ["/bin/sh", "-c", "while read x; do echo $x; done < /said"]',
      'FROM first',
      'RUN false',
      '',
    ].join('\n'),
  })
  await place.run('sh', ['-c', 'cp "$(command -v busybox)" busybox'])
  const peer = await dockerd(place)
  const environment = {...peer.environment, STACK_ENGINE: 'stack'}
  const build = (...words: string[]) =>
    place.run(process.execPath, [place.stackProgram, 'build', ...words], environment, 120)
  try {
    const isModern = (await place.run('docker', ['buildx', 'version'], environment)).code === 0
    const outcome = await build('--builder', 'docker')
    expect(outcome.code, outcome.all).toBe(0)
    const up = await place.stack('up', '--no-build', '--no-log-prefix')
    expect(up.stdout, up.all).toMatch(/given\n10\.1\.2\.3\s+other\n123\n/)
    expect((await place.stack('image', 'inspect', 'foreign:extra')).stdout).toContain('"made": "there"')
    await place.stack('down')
    await place.write('compose.yaml', `${compose('      secrets: [s]')}secrets: {s: {file: ./s}}\n`)
    const secret = await build('--builder', 'docker')
    if (isModern) expect(secret.code, secret.all).toBe(0)
    else expect(secret.all).toContain('docker knows secrets, keys and further contexts only with buildx')
    await place.write('compose.yaml', compose())
    await place.write('Dockerfile', 'FROM scratch\nCOPY none /\n')
    const failed = await build('--builder', 'docker')
    expect(failed.code).toBe(1)
    expect(failed.all).toContain('docker build ended with')
  } finally {
    await peer.close()
  }
})
