import {expect, test} from 'vitest'
import {formatAddress, parseAddress} from '../../../../src/engine/api/address.ts'
import {translateError} from '../../../../src/engine/api/errors.ts'
import {fromEvent} from '../../../../src/engine/api/events.ts'
import {archiveOf} from '../../../../src/engine/api/files.ts'
import {pullQuery} from '../../../../src/engine/api/images.ts'
import {chooseEngine} from '../../../../src/engine/select.ts'

const answered = (statusCode: number, json: object) =>
  Object.assign(new Error('(HTTP code) reason - words '), {statusCode, json})

test.each([
  [404, 'No such container: x', 'not-found'],
  [404, 'No such image: redis:7', 'image-not-found'],
  [409, 'Conflict. The container name "/x" is already in use', 'conflict'],
  [403, 'network x has active endpoints', 'conflict'],
  [500, 'Bind for 0.0.0.0:80 failed: port is already allocated', 'port-taken'],
  [400, 'OCI runtime create failed: exec: "nope": executable file not found in $PATH: unknown', 'program-not-found'],
  [500, 'something else', 'start-failed'],
])('%i with "%s" is %s', (status, message, code) => {
  expect(translateError(answered(status, {message}), 'docker')).toMatchObject({code, message})
})

test('our own daemon says what kind of error it is, and its hint once', () => {
  const json = {message: 'start web: no (try: this)', code: 'start-failed', hint: 'this', exitCode: 126}
  expect(translateError(answered(400, json), 'stack')).toMatchObject({
    code: 'start-failed',
    message: 'start web: no',
    hint: 'this',
    exitCode: 126,
  })
})

test('an engine that does not answer is named', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), {code: 'ECONNREFUSED'})
  expect(translateError(refused, 'unix:///x.sock')).toMatchObject({
    code: 'engine-unreachable',
    message: 'cannot reach unix:///x.sock',
  })
})

test.each([
  ['redis', {fromImage: 'redis', tag: 'latest'}],
  ['redis:7', {fromImage: 'redis', tag: '7'}],
  ['host.test:5000/a/b', {fromImage: 'host.test:5000/a/b', tag: 'latest'}],
  ['host.test:5000/a/b:1', {fromImage: 'host.test:5000/a/b', tag: '1'}],
  ['redis@sha256:ab', {fromImage: 'redis', tag: 'sha256:ab'}],
  ['apt://redis-server', {fromImage: 'apt://redis-server'}],
])('%s is fetched as %o', (reference, query) => {
  expect(pullQuery(reference)).toEqual(query)
})

test('an event has its verdict or its code', () => {
  const attributes = {
    name: 'shop-web-2',
    'com.docker.compose.service': 'web',
    'com.docker.compose.container-number': '2',
  }
  const event = (Action: string, more = {}) =>
    fromEvent({
      Type: 'container',
      Action,
      Actor: {ID: 'c1', Attributes: {...attributes, ...more}},
      time: 5,
      timeNano: 5_500_000_000,
    })
  expect(event('health_status: healthy')).toEqual({
    action: 'health_status',
    health: 'healthy',
    container: 'c1',
    name: 'shop-web-2',
    service: 'web',
    number: 2,
    at: 5500,
  })
  expect(event('die', {exitCode: '3'})).toMatchObject({action: 'die', exitCode: 3})
})

test('an address is read and written', () => {
  expect(parseAddress('/run/docker.sock')).toEqual({kind: 'unix', path: '/run/docker.sock'})
  expect(parseAddress('tcp://build')).toEqual({kind: 'tcp', host: 'build', port: 2375, tls: false})
  expect(parseAddress('tcp://[::1]:2376', true)).toEqual({kind: 'tcp', host: '::1', port: 2376, tls: true})
  expect(formatAddress(parseAddress('unix:///x'))).toBe('unix:///x')
  expect(() => parseAddress('ssh://me@there')).toThrow('cannot tell what engine "ssh://me@there" means')
})

test('the archive of files keeps owner and mode', async () => {
  const bytes = await archiveOf([{target: '/run/secrets/key', content: Buffer.from('k'), uid: 5, gid: 6, mode: 0o400}])
  expect(bytes.subarray(0, 16).toString()).toBe('run/secrets/key\0')
  expect(bytes.subarray(100, 124).toString()).toBe('000400 \u0000000005 \u0000000006 \u0000')
})

const machine = (isRoot: boolean, ...sockets: string[]) => ({isRoot, exists: (path: string) => sockets.includes(path)})
const own = {kind: 'own', socket: '/run/stack/stack.sock', log: '/var/lib/stack/daemon.log'}
const at = (path: string) => ({kind: 'other', address: {kind: 'unix', path}})

test('the engine is the one that is asked for, else ours for root, else one that is there', () => {
  expect(chooseEngine({}, machine(true, '/var/run/docker.sock'))).toEqual(own)
  expect(chooseEngine({}, machine(false, '/var/run/docker.sock'))).toEqual(at('/var/run/docker.sock'))
  expect(chooseEngine({STACK_HOST: 'unix:///mine'}, machine(true))).toEqual(at('/mine'))
  expect(chooseEngine({DOCKER_HOST: 'unix:///theirs'}, machine(true))).toEqual(at('/theirs'))
  expect(chooseEngine({DOCKER_HOST: 'unix:///theirs', STACK_ENGINE: 'stack'}, machine(true))).toEqual(own)
  expect(chooseEngine({STACK_ENGINE: 'podman'}, machine(true, '/run/podman/podman.sock'))).toEqual(
    at('/run/podman/podman.sock'),
  )
  expect(chooseEngine({STACK_RUN_DIR: '/r', STACK_STATE_DIR: '/s'}, machine(true))).toEqual({
    kind: 'own',
    socket: '/r/stack.sock',
    log: '/s/daemon.log',
  })
  expect(() => chooseEngine({}, machine(false))).toThrow('only root can run containers here')
  expect(() => chooseEngine({STACK_ENGINE: 'docker'}, machine(true))).toThrow('no socket of docker is here')
  expect(() => chooseEngine({STACK_ENGINE: 'lxc'}, machine(true))).toThrow('not "lxc"')
})
