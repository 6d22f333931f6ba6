import {expect, test} from 'vitest'
import {fromInspect, fromList} from '../../../../src/engine/api/actual.ts'
import type {ContainerInfo, ContainerInspectInfo} from '../../../../src/engine/api/client.ts'
import {parseStatus} from '../../../../src/engine/api/status.ts'

const now = Date.UTC(2030, 0, 1)
const labels = {
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': 'web',
  'com.docker.compose.container-number': '2',
  'com.docker.compose.oneoff': 'False',
  'com.docker.compose.config-hash': 'abc',
}
const mounts = [
  {Type: 'volume', Name: 'shop_data', Source: '/x', Destination: '/data', Mode: 'z', RW: true, Propagation: ''},
  {Type: 'bind', Source: '/y', Destination: '/site', Mode: '', RW: true, Propagation: 'rprivate'},
]
const same = {
  id: 'c1',
  name: 'shop-web-2',
  service: 'web',
  number: 2,
  oneoff: false,
  configHash: 'abc',
  image: 'redis:7',
  imageId: 'sha256:1',
  command: 'serve --all',
  labels,
  networks: {shop_default: '10.0.0.2'},
  volumes: ['shop_data'],
  mountedVolumes: {'/data': 'shop_data'},
  error: '',
}

test('a row of the list says enough to plan with', () => {
  const row = {
    ...{Id: 'c1', Names: ['/shop-web-2'], Image: 'redis:7', ImageID: 'sha256:1', Command: 'serve --all'},
    ...{Created: now / 1000 - 600, Labels: labels, State: 'running', Status: 'Up 3 minutes (healthy)', Mounts: mounts},
    Ports: [
      {IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp'},
      {PrivatePort: 9000, Type: 'tcp'},
    ],
    NetworkSettings: {Networks: {shop_default: {IPAddress: '10.0.0.2'}}},
  } as unknown as ContainerInfo
  expect(fromList(row, now)).toEqual({
    ...same,
    ...{
      status: 'running',
      health: 'healthy',
      exitCode: 0,
      created: now - 600_000,
      startedAt: now - 180_000,
      restarts: 0,
      tty: false,
    },
    ports: [
      {target: 80, protocol: 'tcp', hostIp: '0.0.0.0', published: 8080},
      {target: 9000, protocol: 'tcp', hostIp: '', published: 0},
    ],
  })
})

test('the inspection says the rest', () => {
  const info = {
    ...{
      Id: 'c1',
      Name: '/shop-web-2',
      Image: 'sha256:1',
      Path: 'serve',
      Args: ['--all'],
      RestartCount: 4,
      Mounts: mounts,
    },
    Created: '2029-12-31T23:50:00.123456789Z',
    State: {
      Status: 'exited',
      ExitCode: 3,
      Error: '',
      StartedAt: '2029-12-31T23:57:00Z',
      FinishedAt: '0001-01-01T00:00:00Z',
    },
    Config: {Image: 'redis:7', Labels: labels, Tty: true},
    NetworkSettings: {
      Networks: {shop_default: {IPAddress: '10.0.0.2'}},
      Ports: {'80/tcp': [{HostIp: '0.0.0.0', HostPort: '8080'}], '9000/tcp': null},
    },
  } as unknown as ContainerInspectInfo
  expect(fromInspect(info)).toEqual({
    ...same,
    ...{
      status: 'exited',
      health: 'none',
      exitCode: 3,
      created: now - 599_877,
      startedAt: now - 180_000,
      restarts: 4,
      tty: true,
    },
    ports: [
      {target: 80, protocol: 'tcp', hostIp: '0.0.0.0', published: 8080},
      {target: 9000, protocol: 'tcp', hostIp: '', published: 0},
    ],
  })
})

test.each([
  ['Up 3 seconds', 0, 'none', 3000],
  ['Up Less than a second (health: starting)', 0, 'starting', 0],
  ['Up About an hour (unhealthy)', 0, 'unhealthy', 3_600_000],
  ['Up 2 days (Paused)', 0, 'none', 172_800_000],
  ['Exited (137) About a minute ago', 137, 'none', 60_000],
  ['Restarting (1) 1 second ago', 1, 'none', 1000],
  ['Created', 0, 'none', undefined],
])('%s', (text, exitCode, health, ago) => {
  expect(parseStatus(text)).toEqual({exitCode, health, ago})
})
