import {arch, cpus, hostname, release, totalmem} from 'node:os'
import type {PortQuestion} from '../../model/port.ts'
import type {Daemon} from '../context.ts'
import type {ApiEvent} from '../events.ts'
import {type Filters, matchesAny, matchesLabels, parseFilters} from '../filters.ts'
import {instant} from '../http/query.ts'
import type {Route} from '../http/router.ts'
import {apiVersion, minimumApiVersion} from '../http/version.ts'
import {isUp} from '../lifecycle.ts'
import {goTime} from '../translate/duration.ts'

export function systemRoutes(daemon: Daemon): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/_ping',
      handle: (_request, reply) => void reply.stream(200, 'text/plain; charset=utf-8').end('OK'),
    },
    {
      method: 'HEAD',
      pattern: '/_ping',
      handle: (_request, reply) => void reply.stream(200, 'text/plain; charset=utf-8').end(),
    },
    {method: 'GET', pattern: '/version', handle: (_request, reply) => reply.json(200, versionBody(daemon))},
    {method: 'GET', pattern: '/info', handle: (_request, reply) => reply.json(200, infoBody(daemon))},
    {
      method: 'GET',
      pattern: '/stack/info',
      handle: (_request, reply) =>
        reply.json(200, {version: daemon.version, capabilities: {sharedPorts: true}, batches: true}),
    },
    {
      method: 'POST',
      pattern: '/stack/ports',
      async handle(request, reply) {
        const {project = '', leaving = [], ports = []} = await request.json<Partial<PortQuestion>>()
        reply.json(200, await daemon.runtime.networks.takenPorts({project, leaving, ports}))
      },
    },
    {
      method: 'GET',
      pattern: '/events',
      handle(request, reply) {
        const filters = parseFilters(request.query.get('filters'))
        const [since, until] = [instant(request.query, 'since'), instant(request.query, 'until')]
        const out = reply.stream(200, 'application/json')
        const send = (event: ApiEvent) => {
          if (matches(event, filters)) out.write(`${JSON.stringify(event)}\n`)
        }
        if (since !== undefined)
          for (const event of daemon.events.recent()) if (event.timeNano / 1e6 >= since) send(event)
        if (until !== undefined && until <= Date.now()) return void out.end()
        const stop = daemon.events.listen(send)
        const timer = until === undefined ? undefined : setTimeout(() => out.end(), until - Date.now())
        reply.gone.addEventListener('abort', () => {
          stop()
          clearTimeout(timer)
        })
      },
    },
    {method: 'GET', pattern: '/plugins', handle: (_request, reply) => reply.json(200, [])},
    ...['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'].map(
      (name): Route => ({
        method: 'GET',
        pattern: `/${name}`,
        handle: (_request, reply) =>
          reply.json(503, {message: 'This node is not a swarm manager. stack runs on one machine.'}),
      }),
    ),
  ]
}

function matches(event: ApiEvent, filters: Filters): boolean {
  const {ID, Attributes} = event.Actor
  return (
    matchesAny(filters.type, type => event.Type === type) &&
    matchesAny(filters.event, action => event.Action === action || event.Action.startsWith(`${action}:`)) &&
    matchesAny(
      filters.container,
      name => event.Type === 'container' && (ID.startsWith(name) || Attributes.name === name),
    ) &&
    matchesAny(filters.image, image => Attributes.image === image || Attributes.name === image) &&
    matchesLabels(filters.label, Attributes)
  )
}

const versionBody = (daemon: Daemon) => ({
  Platform: {Name: 'stack'},
  Components: [
    {
      Name: 'Engine',
      Version: daemon.version,
      Details: {ApiVersion: apiVersion, MinAPIVersion: minimumApiVersion, Os: 'linux', Arch: goArch()},
    },
  ],
  Version: daemon.version,
  ApiVersion: apiVersion,
  MinAPIVersion: minimumApiVersion,
  GitCommit: '',
  GoVersion: `node ${process.versions.node}`,
  Os: 'linux',
  Arch: goArch(),
  KernelVersion: release(),
  BuildTime: goTime(daemon.startedAt),
})

const goArch = (): string => ({x64: 'amd64', arm64: 'arm64'})[arch() as string] ?? arch()

function infoBody(daemon: Daemon) {
  const {containers, images, paths} = daemon.runtime
  const all = containers.list()
  const running = all.filter(each => isUp(daemon, each)).length
  const paused = all.filter(each => containers.state(each.id).status === 'paused').length
  return {
    ID: 'stack',
    Name: hostname(),
    Containers: all.length,
    ContainersRunning: running - paused,
    ContainersPaused: paused,
    ContainersStopped: all.length - running,
    Images: images.list().length,
    Driver: 'overlay2',
    DriverStatus: [],
    Plugins: {Volume: ['local'], Network: ['bridge', 'host', 'null'], Authorization: null, Log: ['json-file']},
    MemoryLimit: true,
    SwapLimit: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    NCPU: cpus().length,
    MemTotal: totalmem(),
    DockerRootDir: paths.state,
    KernelVersion: release(),
    OperatingSystem: 'Linux (stack)',
    OSType: 'linux',
    Architecture: arch() === 'x64' ? 'x86_64' : arch() === 'arm64' ? 'aarch64' : arch(),
    ServerVersion: daemon.version,
    SystemTime: new Date().toISOString(),
    CgroupDriver: 'cgroupfs',
    LoggingDriver: 'json-file',
    DefaultRuntime: 'stack-monitor',
    Runtimes: {'stack-monitor': {path: 'stack-monitor'}},
    Swarm: {
      LocalNodeState: 'inactive',
      NodeID: '',
      NodeAddr: '',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'],
    RegistryConfig: {IndexConfigs: {}, InsecureRegistryCIDRs: [], Mirrors: []},
    Labels: [],
    Warnings: null,
  }
}
