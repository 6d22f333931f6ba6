import {execFileSync} from 'node:child_process'
import {readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {keptPlace, letGo} from '../../support/kept.ts'
import {needs} from '../../support/needs.ts'
import {busyboxLayer, dockerArchive, imageOf} from '../../support/oci.ts'
import {fakeRegistry} from '../../support/registry.ts'
import {eventually, type Outcome, type Workplace} from '../../support/stack.ts'
import {tarOf} from '../../support/tar.ts'

let place: Workplace
const environment = {DOCKER_HOST: 'unix:///run/stack/stack.sock', DOCKER_CONFIG: '/tmp/none'}
const docker = (...words: string[]): Promise<Outcome> => place.run('docker', words, environment)

const image = imageOf(
  [
    gzipSync(busyboxLayer()),
    tarOf({
      name: 'app/run',
      data: '#!/bin/sh\necho "$GREETING $*" from $(id -un) in $PWD; exec sleep 1000',
      mode: 0o755,
    }),
  ],
  {
    User: 'web',
    Env: ['GREETING=hello'],
    Entrypoint: ['/app/run'],
    Cmd: ['world'],
    WorkingDir: '/work/here',
    Volumes: {'/data': {}},
    ExposedPorts: {'8080/tcp': {}},
    Labels: {from: 'image'},
    StopSignal: 'SIGKILL',
    Shell: ['/bin/sh', '-ec'],
    Healthcheck: {Test: ['CMD-SHELL', 'cat /data/seed'], Interval: 1e9},
  },
  {history: [{created_by: 'ADD busybox'}, {created_by: 'ADD run'}, {created_by: 'CMD', empty_layer: true}]},
)

beforeAll(async () => {
  place = await keptPlace({
    'compose.yaml': `name: oci
services:
  app:
    image: team/app:1
    pull_policy: never
    volumes: ["named:/data"]
  other:
    image: team/app
    command: ["all", "of", "you"]
    user: root
volumes:
  named:
`,
  })
  const archive = dockerArchive({image, names: ['team/app:1', 'team/app:latest']})
  writeFileSync(join(place.directory, 'app.tar'), archive)
})
afterAll(async () => {
  await letGo(place)
})

test('load, and what is known of it', async context => {
  needs(context, 'docker')
  expect((await docker('load', '-i', join(place.directory, 'app.tar'))).stdout).toBe(
    'Loaded image: team/app:1\nLoaded image: team/app:latest\n',
  )
  expect(
    (await docker('images', '--format', '{{.Repository}}:{{.Tag}}', 'team/app')).stdout.split('\n').sort(),
  ).toEqual(['', 'team/app:1', 'team/app:latest'])
  const [seen] = JSON.parse((await docker('image', 'inspect', 'team/app:1')).stdout)
  expect(seen).toMatchObject({
    Id: image.id,
    RepoTags: ['team/app:1', 'team/app:latest'],
    Author: 'a test',
    Config: {User: 'web', WorkingDir: '/work/here', StopSignal: 'SIGKILL', Shell: ['/bin/sh', '-ec']},
    RootFS: {Layers: [expect.stringMatching(/^sha256:/), expect.stringMatching(/^sha256:/)]},
  })
  const history = (await docker('history', '--format', '{{.CreatedBy}}|{{.Size}}', image.id.slice(7, 19))).stdout
  expect(history).toMatch(/^CMD\|0B\nADD run\|[\d.]+kB\nADD busybox\|[\d.]+[kM]B\n$/)
})

test('up runs it as it says, and as the file says', async context => {
  needs(context, 'docker')
  expect((await place.stack('up', '-d')).all).not.toContain('rror')
  const log = async (service: string) => (await place.stack('logs', '--no-log-prefix', service)).stdout
  await eventually(async () => (await log('app')).includes('hello world from web in /work/here'))
  await eventually(async () => (await log('other')).includes('hello all of you from root in /work/here'))
  expect(
    (
      await place.stack(
        'exec',
        'app',
        'sh',
        '-c',
        'cat /data/seed; stat -c " %u %a" /data/seed; echo x > /data/more 2>&1 || true',
      )
    ).stdout,
  ).toContain('seeded 33 640')
  const [seen] = JSON.parse((await docker('inspect', 'oci-app-1')).stdout)
  expect(seen.Config).toMatchObject({
    Image: 'team/app:1',
    StopSignal: 'SIGKILL',
    ExposedPorts: {'8080/tcp': {}},
    Labels: {from: 'image'},
    Healthcheck: {Test: ['CMD', '/bin/sh', '-ec', 'cat /data/seed']},
  })
  await eventually(
    async () => (await docker('inspect', '-f', '{{.State.Health.Status}}', 'oci-app-1')).stdout === 'healthy\n',
  )
  const anonymous = (await docker('inspect', '-f', '{{range .Mounts}}{{.Type}} {{.Destination}}{{end}}', 'oci-other-1'))
    .stdout
  expect(anonymous.trim()).toBe('volume /data')
})

test('an image that is used stays; tags come and go', async context => {
  needs(context, 'docker')
  expect((await docker('rmi', image.id)).stderr).toContain('is using its referenced image')
  expect((await docker('tag', 'team/app:1', 'team/app:2')).code).toBe(0)
  expect((await docker('rmi', 'team/app:2')).stdout).toBe('Untagged: team/app:2\n')
  expect((await docker('image', 'prune', '-a', '-f')).stdout).toContain('Total reclaimed space')
  expect((await docker('image', 'inspect', 'team/app:1')).code).toBe(0)
  expect((await docker('tag', 'team/app:1', 'Bad Name')).code).not.toBe(0)
})

test('save, remove, load again', async context => {
  needs(context, 'docker')
  const saved = join(place.directory, 'saved.tar')
  expect((await docker('save', '-o', saved, 'team/app:1')).stderr).toBe('')
  expect(execFileSync('tar', ['-tf', saved], {encoding: 'utf8'})).toContain('manifest.json')
  expect((await place.stack('down', '-v')).code).toBe(0)
  expect((await docker('rmi', '-f', image.id)).stdout).toContain(`Deleted: ${image.id}`)
  expect((await place.stack('up', '-d')).all).toContain('team/app:1')
  expect((await docker('load', '-i', saved)).stdout).toBe('Loaded image: team/app:1\n')
  expect((await docker('rmi', 'team/app:1')).stdout).toContain('Deleted:')
})

test('a registry: push, pull by tag and by digest, up', async context => {
  needs(context, 'docker')
  const registry = await fakeRegistry()
  try {
    const name = `${registry.host}/team/app`
    await docker('load', '-i', join(place.directory, 'app.tar'))
    await docker('tag', 'team/app:1', `${name}:1`)
    const pushed = await docker('push', `${name}:1`)
    expect(pushed.all).toMatch(/1: digest: (sha256:[0-9a-f]{64}) size: \d+/)
    const digest = /sha256:[0-9a-f]{64}/.exec(pushed.stdout)?.[0] ?? ''
    expect((await docker('rmi', '-f', image.id)).stdout).toContain('Deleted')
    const compose = `name: reg\nservices:\n  tag: {image: "${name}:1"}\n  pin: {image: "${name}@${digest}"}\n`
    await place.write('registry.yaml', compose)
    const up = await place.stack('-f', 'registry.yaml', 'up', '-d')
    expect(up).toMatchObject({code: 0})
    const said = () => place.stack('-f', 'registry.yaml', 'logs', '--no-log-prefix')
    await eventually(async () => (await said()).stdout.split('hello world from web').length === 3)
    const [seen] = JSON.parse((await docker('image', 'inspect', `${name}:1`)).stdout)
    expect(seen).toMatchObject({Id: image.id, RepoTags: [`${name}:1`], RepoDigests: [`${name}@${digest}`]})
    const manifests = () => registry.asked.filter(each => each.path.includes('/manifests/')).length
    const before = manifests()
    await place.stack('-f', 'registry.yaml', 'up', '-d')
    expect(manifests()).toBe(before)
    expect(await place.stack('-f', 'registry.yaml', 'up', '-d', '--pull', 'always')).toMatchObject({code: 0})
    expect(manifests()).toBeGreaterThan(before)
    await place.stack('-f', 'registry.yaml', 'down', '-v')
    const missing = await docker('pull', `${name}:nonesuch`)
    expect(missing.stderr).toContain('no tag "nonesuch"')
    expect((await docker('image', 'prune', '-a', '-f')).code).toBe(0)
  } finally {
    await registry.close()
  }
})

test('stack load and save', async () => {
  const [from, to] = [join(place.directory, 'app.tar'), join(place.directory, 'again.tar')]
  const loaded = 'Loaded image: team/app:1\nLoaded image: team/app:latest\n'
  expect(await place.stack('load', '-i', from)).toMatchObject({code: 0, stdout: loaded})
  expect(await place.stack('save', '-o', to, 'team/app:1', 'team/app')).toMatchObject({code: 0, all: ''})
  const piped = await place.run('sh', ['-c', `cat ${to} | ${process.execPath} ${place.stackProgram} load`])
  expect(piped).toMatchObject({code: 0, stdout: loaded})
  const bytes = await place.run('sh', ['-c', `${process.execPath} ${place.stackProgram} save team/app:1 | tar -t`])
  expect(bytes.stdout).toContain('manifest.json')
  expect(await place.stack('load', '-i', 'none.tar')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no such file: none.tar'),
  })
  expect(await place.stack('save', '-o', join(place.directory, 'no.tar'), 'nobody')).toMatchObject({code: 1})
  expect(readdirSync(place.directory).filter(each => each.startsWith('no.tar'))).toEqual([])
})

test('what is no image archive is refused', async context => {
  needs(context, 'docker')
  writeFileSync(join(place.directory, 'bad.tar'), tarOf({name: '../x', data: ''}))
  const {code, stderr} = await docker('load', '-i', join(place.directory, 'bad.tar'))
  expect(code).not.toBe(0)
  expect(stderr).toContain('load images: entry "../x" is refused')
})
