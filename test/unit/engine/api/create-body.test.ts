import {expect, test} from 'vitest'
import {createBody, fileBodies} from '../../../../src/engine/api/create-body.ts'
import {containerSpec} from '../../../../src/plan/container-spec.ts'
import {network, project, service, volume} from '../../../support/project.ts'

const everything = service('web', {
  command: ['serve', '--all'],
  entrypoint: [],
  environment: {MODE: 'fast', DEBUG: null},
  labels: {colour: 'red'},
  hostname: 'web-host',
  domainname: 'example.test',
  user: '1000:1000',
  workingDir: '/srv',
  tty: true,
  stdinOpen: true,
  init: true,
  expose: ['9000', '53/udp'],
  ports: [
    {target: 80, published: '8080', hostIp: '127.0.0.1', protocol: 'tcp'},
    {target: 80, published: '9080-9089', protocol: 'tcp'},
    {target: 53, protocol: 'udp'},
  ],
  mounts: [
    {type: 'bind', source: '/srv/site', target: '/site', readOnly: true, createHostPath: true, propagation: 'rslave'},
    {type: 'volume', source: 'data', target: '/data', readOnly: false, nocopy: true, subpath: 'web'},
    {type: 'volume', target: '/cache', readOnly: false, nocopy: false},
    {type: 'tmpfs', target: '/run', size: 65_536, mode: 0o1777},
    {type: 'tmpfs', target: '/scratch', options: 'size=1m,noexec'},
    {type: 'tmpfs', target: '/small', size: 4096, mode: 0o700, options: 'uid=5'},
  ],
  configs: [{source: 'motd', target: '/etc/motd', uid: '5', gid: '6', mode: 0o440}],
  networks: {
    back: {aliases: ['www'], ipv4Address: '10.9.0.5', priority: 0, gatewayPriority: 0},
    front: {aliases: [], macAddress: '02:00:00:00:00:01', priority: 0, gatewayPriority: 1},
  },
  extraHosts: ['db:10.0.0.9'],
  dns: ['10.0.0.53'],
  healthcheck: {
    disable: false,
    test: ['CMD', 'true'],
    interval: 1500,
    timeout: 0.5,
    retries: 2,
    startPeriod: 1000,
    startInterval: 100,
  },
  restart: {name: 'on-failure', maximumRetryCount: 3, delay: 1500, window: 60_000},
  stopSignal: 'SIGQUIT',
  stopGracePeriod: 1500,
  capAdd: ['NET_ADMIN'],
  capDrop: ['ALL'],
  privileged: true,
  readOnly: true,
  securityOpt: ['no-new-privileges'],
  resources: {
    cpus: 0.5,
    cpuShares: 512,
    cpuset: '0',
    memory: 1e8,
    memoryReservation: 5e7,
    memorySwap: -1,
    pids: 100,
    oomScoreAdj: 5,
    cpuQuota: 20_000,
    cpuPeriod: 50_000,
    cpuRealtimeRuntime: 1000,
    cpuRealtimePeriod: 100_000,
    memorySwappiness: 0,
    oomKillDisable: true,
    devices: [{source: '/dev/fuse', target: '/dev/fuse', permissions: 'rw'}],
    deviceCgroupRules: ['c 10:* rwm'],
    blockIo: {
      weight: 300,
      weightDevice: [{path: '/dev/sda', weight: 400}],
      readBps: [{path: '/dev/sda', rate: 1024}],
      writeBps: [{path: '/dev/sda', rate: 2048}],
      readIops: [{path: '/dev/sda', rate: 10}],
      writeIops: [{path: '/dev/sda', rate: 20}],
    },
  },
  ulimits: {nofile: {soft: 1024, hard: 2048}},
  sysctls: {'net.core.somaxconn': '1024'},
  groupAdd: ['audio'],
  shmSize: 1_048_576,
  logging: {driver: 'json-file', options: {'max-size': '1m'}},
})

const shop = project([everything], {
  networks: {back: network('back'), front: network('front', {name: 'lan'})},
  volumes: {data: volume('data')},
  configs: {motd: {key: 'motd', name: 'shop_motd', origin: {from: 'content'}, content: Buffer.from('hi'), labels: {}}},
})

test('all that a service can say reaches the engine', () => {
  const {Labels, ...body} = createBody(containerSpec(shop, everything, 2))
  expect(body).toMatchSnapshot()
  expect({...Labels, 'com.docker.compose.config-hash': 'HASH'}).toMatchInlineSnapshot(`
    {
      "colour": "red",
      "com.docker.compose.config-hash": "HASH",
      "com.docker.compose.container-number": "2",
      "com.docker.compose.depends_on": "",
      "com.docker.compose.oneoff": "False",
      "com.docker.compose.project": "shop",
      "com.docker.compose.project.config_files": "/shop/compose.yaml",
      "com.docker.compose.project.working_dir": "/shop",
      "com.docker.compose.service": "web",
      "com.docker.compose.version": "0.1.0",
    }
  `)
})

test('what is not said is left to the image and the engine', () => {
  const bare = service('web', {command: null, networks: {}, networkMode: 'none'})
  const {Labels: _, ...body} = createBody(containerSpec(project([bare]), bare, 1))
  expect(body).toMatchInlineSnapshot(`
    {
      "Env": [],
      "ExposedPorts": {},
      "HostConfig": {
        "CapAdd": [],
        "CapDrop": [],
        "Dns": [],
        "ExtraHosts": [],
        "GroupAdd": [],
        "Mounts": [],
        "NetworkMode": "none",
        "PortBindings": {},
        "Privileged": false,
        "ReadonlyRootfs": false,
        "RestartPolicy": {
          "MaximumRetryCount": 0,
          "Name": "no",
        },
        "SecurityOpt": [],
        "Sysctls": {},
        "Ulimits": [],
      },
      "Image": "host://",
      "NetworkingConfig": {
        "EndpointsConfig": {},
      },
      "OpenStdin": false,
      "Tty": false,
    }
  `)
})

test("a health check that is switched off, and another container's network", () => {
  const sharing = service('app', {healthcheck: {disable: true}, networkMode: 'container:abc', networks: {}})
  const body = createBody(containerSpec(project([sharing]), sharing, 1))
  expect(body.Healthcheck).toEqual({Test: ['NONE']})
  expect(body.HostConfig?.NetworkMode).toBe('container:abc')
  expect(body.NetworkingConfig).toEqual({EndpointsConfig: {}})
})

test('configs and secrets go along as files', () => {
  expect(fileBodies(containerSpec(shop, everything, 1))).toEqual([
    {Target: '/etc/motd', Content: 'aGk=', Uid: 5, Gid: 6, Mode: 0o440},
  ])
})
