import {describe, expect, test} from 'vitest'
import {hostBody} from '../../../src/daemon/translate/configuration.ts'
import {mergeEnv, wanted} from '../../../src/daemon/translate/create.ts'
import {humanDuration} from '../../../src/daemon/translate/duration.ts'
import {borrowedMounts, wantedMounts} from '../../../src/daemon/translate/mounts.ts'
import {portBindings, portList} from '../../../src/daemon/translate/ports.ts'
import type {Image} from '../../../src/model/image.ts'
import {record} from '../runtime/container/record.ts'

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

  test('the network that newer clients call "default" is the bridge', () => {
    const body = {
      Image: 'demo',
      HostConfig: {NetworkMode: 'default'},
      NetworkingConfig: {EndpointsConfig: {default: {}}},
    }
    expect(wanted(id, body, image).endpoints).toMatchObject([{network: 'bridge'}])
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

describe('limits and devices', () => {
  const asked = {
    CpuPeriod: 50_000,
    CpuQuota: 20_000,
    CpuRealtimePeriod: 100_000,
    CpuRealtimeRuntime: 1000,
    MemorySwappiness: 0,
    OomKillDisable: true,
    BlkioWeight: 300,
    BlkioWeightDevice: [{Path: '/dev/sda', Weight: 400}],
    BlkioDeviceReadBps: [{Path: '/dev/sda', Rate: 1024}],
    BlkioDeviceWriteBps: [{Path: '/dev/sda', Rate: 2048}],
    BlkioDeviceReadIOps: [{Path: '/dev/sda', Rate: 10}],
    BlkioDeviceWriteIOps: [{Path: '/dev/sda', Rate: 20}],
    Devices: [{PathOnHost: '/dev/fuse', PathInContainer: '/dev/fs', CgroupPermissions: 'rw'}],
    DeviceCgroupRules: ['c 10:* rwm'],
    RestartPolicy: {Name: 'on-failure', MaximumRetryCount: 3, StackDelay: 1_500_000_000, StackWindow: 60_000_000_000},
  }
  const host = (HostConfig: object) => wanted(id, {Image: 'demo', HostConfig}, image).host

  test('inspect shows what was asked', () => {
    expect(hostBody(record({host: host(asked)}))).toMatchObject(asked)
  })

  test('docker run’s body, which says everything and nothing', () => {
    const nothing = {
      ...{CpuPeriod: 0, CpuQuota: 0, CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0, BlkioWeight: 0, MemorySwappiness: -1},
      ...{BlkioWeightDevice: [], BlkioDeviceReadBps: [], Devices: [], DeviceCgroupRules: null, DeviceRequests: null},
      ...{OomKillDisable: false, StorageOpt: {}},
    }
    expect(host(nothing).resources).toEqual({})
  })

  test('a device has Docker’s defaults', () => {
    expect(host({Devices: [{PathOnHost: '/dev/fuse'}]}).resources.devices).toEqual([
      {source: '/dev/fuse', target: '/dev/fuse', permissions: 'rwm'},
    ])
  })

  test.each([
    [{NanoCpus: 1e9, CpuQuota: 5000}, 'cannot both be set'],
    [{CpuPeriod: 5}, 'CPU period 5'],
    [{CpuQuota: 5}, 'CPU quota 5'],
    [{CpuRealtimeRuntime: 2_000_000}, 'more than its period'],
    [{MemorySwappiness: 101}, 'memory swappiness 101'],
    [{BlkioWeight: 5}, 'weight 5'],
    [{Devices: [{PathOnHost: 'fuse'}]}, '"fuse" is not an absolute path'],
    [{Devices: [{PathOnHost: '/dev/fuse', CgroupPermissions: 'x'}]}, 'access "x"'],
    [{DeviceCgroupRules: ['c 1']}, '"c 1" is not a rule'],
    [{DeviceRequests: [{Count: -1}]}, 'devices by request'],
    [{StorageOpt: {size: '1G'}}, 'storage option "size"'],
  ])('%j is refused', (body, message) => {
    expect(() => host(body)).toThrow(message)
  })

  test('options of a tmpfs', () => {
    const mounts = (options: string) => wantedMounts({Image: 'demo', HostConfig: {Tmpfs: {'/t': options}}}, [])
    expect(mounts('size=64m,uid=5,exec')).toMatchObject([{type: 'tmpfs', options: 'size=64m,uid=5,exec'}])
    expect(() => mounts('colour=red')).toThrow('invalid tmpfs option "colour=red"')
  })
})
