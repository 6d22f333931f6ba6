import {describe, expect, test} from 'vitest'
import {mergeEnv, wanted} from '../../../src/daemon/translate/create.ts'
import {humanDuration} from '../../../src/daemon/translate/duration.ts'
import {borrowedMounts, wantedMounts} from '../../../src/daemon/translate/mounts.ts'
import {portBindings, portList} from '../../../src/daemon/translate/ports.ts'
import type {Image} from '../../../src/model/image.ts'

const image: Image = {
  id: 'sha256:1',
  references: ['demo'],
  layers: ['/layer'],
  overlays: [],
  created: 0,
  size: 0,
  architecture: 'amd64',
  config: {
    user: 'web',
    env: ['PATH=/bin', 'MODE=image'],
    entrypoint: ['/entry'],
    cmd: ['serve'],
    workingDir: '/srv',
    volumes: ['/data'],
    exposedPorts: ['80/tcp'],
    labels: {from: 'image'},
    stopSignal: 'SIGINT',
  },
}
const id = 'a'.repeat(64)

describe('a create request merged with its image', () => {
  test.each([
    ['nothing said', {}, ['/entry'], ['serve']],
    ['a command', {Cmd: ['other']}, ['/entry'], ['other']],
    ['an entrypoint drops the command', {Entrypoint: ['/mine']}, ['/mine'], []],
    ['both', {Entrypoint: '/mine', Cmd: ['x']}, ['/mine'], ['x']],
    ['an entrypoint cleared', {Entrypoint: [''], Cmd: ['x']}, [], ['x']],
  ])('%s', (_name, body, entrypoint, cmd) => {
    expect(wanted(id, {Image: 'demo', ...body}, image).config).toMatchObject({entrypoint, cmd})
  })

  test('takes the rest from the image where nothing is said', () => {
    expect(wanted(id, {Image: 'demo'}, image).config).toMatchObject({
      hostname: 'aaaaaaaaaaaa',
      user: 'web',
      workingDir: '/srv',
      stopSignal: 'SIGINT',
      labels: {from: 'image'},
      exposedPorts: ['80/tcp'],
    })
  })

  test('no program at all is refused', () => {
    const bare = {...image, config: {...image.config, entrypoint: [], cmd: []}}
    expect(() => wanted(id, {Image: 'demo'}, bare)).toThrow('no command specified')
  })

  test('healthcheck: nanoseconds in, milliseconds kept, defaults filled in; NONE switches off', () => {
    const body = {Image: 'demo', Healthcheck: {Test: ['CMD', 'true'], Interval: 2_000_000_000}}
    expect(wanted(id, body, image).config.healthcheck).toEqual({
      test: ['CMD', 'true'],
      interval: 2000,
      timeout: 30_000,
      retries: 3,
      startPeriod: 0,
      startInterval: 5000,
    })
    expect(wanted(id, {Image: 'demo', Healthcheck: {Test: ['NONE']}}, image).config.healthcheck).toBeUndefined()
  })

  test('the network of the mode comes first', () => {
    const body = {
      Image: 'demo',
      HostConfig: {NetworkMode: 'b'},
      NetworkingConfig: {EndpointsConfig: {a: {Aliases: ['x']}, b: null}},
    }
    expect(wanted(id, body, image).endpoints).toEqual([
      {network: 'b', aliases: []},
      {network: 'a', aliases: ['x']},
    ])
  })

  test('logs are rotated unless said otherwise', () => {
    expect(wanted(id, {Image: 'demo'}, image).host.log).toEqual({maxSize: 20 * 1024 ** 2, maxFiles: 5})
    const body = {Image: 'demo', HostConfig: {LogConfig: {Config: {'max-size': '10k', 'max-file': '3'}}}}
    expect(wanted(id, body, image).host.log).toEqual({maxSize: 10_240, maxFiles: 3})
  })
})

test('environment: later wins, a bare name takes away', () => {
  expect(mergeEnv(['A=1', 'B=2'], ['A=3', 'B', 'C='])).toEqual(['A=3', 'C='])
})

describe('mounts', () => {
  test('Binds, Mounts, tmpfs and volumes by target', () => {
    const body = {
      Image: 'demo',
      Volumes: {'/anon': {}},
      HostConfig: {
        Binds: ['/host:/a:ro', 'named:/b'],
        Mounts: [{Type: 'bind', Source: '/src', Target: '/c/'}],
        Tmpfs: {'/run': 'size=1m'},
      },
    }
    expect(wantedMounts(body, ['/data', '/b'])).toEqual([
      {type: 'bind', source: '/host', target: '/a', readOnly: true, create: true},
      {type: 'volume', name: 'named', target: '/b', readOnly: false, nocopy: false},
      {type: 'bind', source: '/src', target: '/c', readOnly: false, create: false},
      {type: 'tmpfs', target: '/run', options: 'size=1m'},
      {type: 'volume', target: '/anon', readOnly: false, nocopy: false},
      {type: 'volume', target: '/data', readOnly: false, nocopy: false},
    ])
  })

  test('what is taken over from others gives way to what is its own, and goes before what the image has', () => {
    const source = [
      {type: 'bind', source: '/src', target: '/a', readOnly: false, recursive: 'disabled'},
      {type: 'volume', name: 'v', anonymous: true, target: '/b', readOnly: false, nocopy: false},
      {type: 'volume', name: 'w', anonymous: false, target: '/c', readOnly: false, nocopy: false},
      {type: 'tmpfs', target: '/t'},
      {type: 'file', index: 0, target: '/run/secrets/key', uid: 0, gid: 0, mode: 0o400},
    ] as const
    const body = {Image: 'demo', HostConfig: {Binds: ['own:/b', 'w:/c']}}
    expect(wantedMounts(body, ['/a', '/b', '/t'], borrowedMounts(source, true))).toEqual([
      {type: 'volume', name: 'own', target: '/b', readOnly: false, nocopy: false},
      {type: 'volume', name: 'w', target: '/c', readOnly: true, nocopy: false},
      {type: 'bind', source: '/src', target: '/a', readOnly: true, create: false, recursive: 'disabled'},
      {type: 'volume', target: '/t', readOnly: false, nocopy: false},
    ])
  })

  test('recursion of a bind; read-only with all below it only where it is read-only', () => {
    const mount = (BindOptions: object, ReadOnly = true) =>
      wantedMounts(
        {Image: 'demo', HostConfig: {Mounts: [{Type: 'bind', Source: '/s', Target: '/t', ReadOnly, BindOptions}]}},
        [],
      )
    expect(mount({NonRecursive: true})).toMatchObject([{recursive: 'disabled'}])
    expect(mount({ReadOnlyNonRecursive: true})).toMatchObject([{recursive: 'writable'}])
    expect(mount({ReadOnlyForceRecursive: true})).toMatchObject([{recursive: 'readonly'}])
    expect(() => mount({ReadOnlyForceRecursive: true}, false)).toThrow('recursively read-only, but not read-only')
  })

  test.each([
    [{Binds: ['/a:/x', '/b:/x/']}, 'Duplicate mount point: /x'],
    [{Binds: ['/a:relative']}, 'must be an absolute path'],
    [{Binds: ['/a:/..']}, "destination can't be '/'"],
    [{Mounts: [{Type: 'npipe', Target: '/x'}]}, 'mount type "npipe" is not supported'],
  ])('%o is refused', (HostConfig, message) => {
    expect(() => wantedMounts({Image: 'demo', HostConfig}, [])).toThrow(message)
  })
})

describe('ports', () => {
  test('bindings as a list; 0.0.0.0 is every address', () => {
    expect(
      portBindings({'80/tcp': [{HostIp: '0.0.0.0', HostPort: '8080'}], '53/udp': [{HostPort: ''}], '1/tcp': null}, []),
    ).toEqual([
      {target: 80, protocol: 'tcp', hostIp: '', hostPort: '8080'},
      {target: 53, protocol: 'udp', hostIp: '', hostPort: ''},
    ])
    expect(() => portBindings({'80/sctp': [{}]}, [])).toThrow('only tcp and udp')
    expect(() => portBindings({'70000/tcp': [{}]}, [])).toThrow('invalid port')
  })

  test('what ps lists', () => {
    expect(
      portList(['90/tcp'], [{target: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: '', hostPortNumber: 32768}]),
    ).toEqual([
      {PrivatePort: 90, Type: 'tcp'},
      {IP: '127.0.0.1', PrivatePort: 80, PublicPort: 32768, Type: 'tcp'},
    ])
  })
})

test.each([
  [0, 'Less than a second'],
  [1500, '1 second'],
  [59_000, '59 seconds'],
  [61_000, 'About a minute'],
  [5 * 60_000, '5 minutes'],
  [3600_000, 'About an hour'],
  [30 * 3600_000, '30 hours'],
  [3 * 86_400_000, '3 days'],
])('%d ms is %s', (milliseconds, text) => {
  expect(humanDuration(milliseconds)).toBe(text)
})
