import type {ContainerRecord, ContainerState, MountRecord} from '../../model/container.ts'
import type {Endpoint} from '../../model/network.ts'
import type {PublishedPort} from '../../runtime/runtime.ts'
import type {Health} from '../health.ts'
import {goTime, humanDuration, nanoseconds} from './duration.ts'
import {portList, portMap} from './ports.ts'

/** All that is known of one container, gathered by the caller. */
export type Observed = {
  readonly record: ContainerRecord
  readonly state: ContainerState
  readonly restarting: boolean
  readonly restarts: number
  readonly health: Health | undefined
  readonly endpoints: readonly Endpoint[]
  readonly published: readonly PublishedPort[]
  readonly networkIds: Readonly<Record<string, string>>
  readonly execIds: readonly string[]
  readonly logPath: string
  readonly volumePath: (name: string) => string
}

export const statusOf = ({state, restarting}: Observed): string => (restarting ? 'restarting' : state.status)

/** `Up 3 seconds (healthy)`, `Exited (0) 2 minutes ago`: docker ps' words, which clients parse. */
export function statusText(observed: Observed, now: number): string {
  const {state, health} = observed
  const ago = state.finishedAt === 0 ? '' : ` ${humanDuration(now - state.finishedAt)} ago`
  switch (statusOf(observed)) {
    case 'running':
      return `Up ${humanDuration(now - state.startedAt)}${health ? ` (${health.status === 'starting' ? 'health: starting' : health.status})` : ''}`
    case 'paused':
      return `Up ${humanDuration(now - state.startedAt)} (Paused)`
    case 'restarting':
      return `Restarting (${state.exitCode})${ago}`
    case 'created':
      return 'Created'
    case 'removing':
      return 'Removal In Progress'
    default:
      return `Exited (${state.exitCode})${ago}`
  }
}

/** One row of `GET /containers/json`. */
export function listed(observed: Observed, now: number) {
  const {record} = observed
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: record.image,
    ImageID: record.imageId,
    Command: [...record.config.entrypoint, ...record.config.cmd].join(' '),
    Created: Math.floor(record.created / 1000),
    Ports: portList(record.config.exposedPorts, observed.published),
    Labels: record.config.labels,
    State: statusOf(observed),
    Status: statusText(observed, now),
    HostConfig: {NetworkMode: networkMode(record)},
    NetworkSettings: {Networks: networks(observed)},
    Mounts: record.mounts.flatMap(mount => mountPoint(mount, observed)),
  }
}

/** `GET /containers/{id}/json`. */
export function inspected(observed: Observed) {
  const {record, state} = observed
  const words = [...record.config.entrypoint, ...record.config.cmd]
  return {
    Id: record.id,
    Created: goTime(record.created),
    Path: words[0] ?? '',
    Args: words.slice(1),
    State: stateOf(observed),
    Image: record.imageId,
    ResolvConfPath: '',
    HostnamePath: '',
    HostsPath: '',
    LogPath: observed.logPath,
    Name: `/${record.name}`,
    RestartCount: observed.restarts,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: observed.execIds.length > 0 ? observed.execIds : null,
    HostConfig: hostBody(record),
    GraphDriver: {Name: 'overlay2', Data: null},
    Mounts: record.mounts.flatMap(mount => mountPoint(mount, observed)),
    Config: configBody(record),
    NetworkSettings: {
      Ports: state.status === 'running' ? portMap(record.config.exposedPorts, observed.published) : {},
      Networks: networks(observed),
      ...legacyAddress(observed),
    },
  }
}

function stateOf(observed: Observed) {
  const {state, health} = observed
  const status = statusOf(observed)
  return {
    Status: status,
    Running: state.status === 'running' || state.status === 'paused' || observed.restarting,
    Paused: state.status === 'paused',
    Restarting: observed.restarting,
    OOMKilled: state.oomKilled,
    Dead: state.status === 'dead',
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: goTime(state.startedAt),
    FinishedAt: goTime(state.finishedAt),
    ...(health ? {Health: healthBody(health)} : {}),
  }
}

const healthBody = (health: Health) => ({
  Status: health.status,
  FailingStreak: health.failingStreak,
  Log: health.log.map(each => ({
    Start: goTime(each.start),
    End: goTime(each.end),
    ExitCode: each.exitCode,
    Output: each.output,
  })),
})

function networkMode(record: ContainerRecord): string {
  return record.host.networkMode === 'networks' ? (record.endpoints[0]?.network ?? 'bridge') : record.host.networkMode
}

function networks({record, endpoints, networkIds}: Observed) {
  return Object.fromEntries(
    record.endpoints.map(config => {
      const id = networkIds[config.network] ?? ''
      const at = endpoints.find(each => each.network === id)
      return [
        config.network,
        {
          IPAMConfig: config.ipv4Address ? {IPv4Address: config.ipv4Address} : null,
          Links: null,
          Aliases: config.aliases,
          MacAddress: at?.mac ?? '',
          DriverOpts: null,
          NetworkID: id,
          EndpointID: '',
          Gateway: at?.gateway ?? '',
          IPAddress: at?.address ?? '',
          IPPrefixLen: at?.prefixLength ?? 0,
          IPv6Gateway: '',
          GlobalIPv6Address: at?.address6 ?? '',
          GlobalIPv6PrefixLen: 0,
          DNSNames: at?.names ?? [],
        },
      ]
    }),
  )
}

function legacyAddress({endpoints}: Observed) {
  const first = endpoints[0]
  return {
    Bridge: '',
    SandboxID: '',
    SandboxKey: '',
    EndpointID: '',
    Gateway: first?.gateway ?? '',
    IPAddress: first?.address ?? '',
    IPPrefixLen: first?.prefixLength ?? 0,
    MacAddress: first?.mac ?? '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPv6Gateway: '',
  }
}

function mountPoint(mount: MountRecord, {volumePath}: Observed) {
  switch (mount.type) {
    case 'bind':
      return [
        {
          Type: 'bind',
          Source: mount.source,
          Destination: mount.target,
          Mode: mount.readOnly ? 'ro' : '',
          RW: !mount.readOnly,
          Propagation: mount.propagation ?? 'rprivate',
        },
      ]
    case 'volume':
      return [
        {
          Type: 'volume',
          Name: mount.name,
          Source: volumePath(mount.name),
          Destination: mount.target,
          Driver: 'local',
          Mode: mount.readOnly ? 'ro' : 'z',
          RW: !mount.readOnly,
          Propagation: '',
        },
      ]
    case 'tmpfs':
      return [{Type: 'tmpfs', Source: '', Destination: mount.target, Mode: '', RW: true, Propagation: ''}]
    case 'file':
      return []
  }
}

function configBody({config, image, host}: ContainerRecord) {
  return {
    Hostname: config.hostname,
    Domainname: config.domainname,
    User: config.user,
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    ExposedPorts: Object.fromEntries(
      [...new Set([...config.exposedPorts, ...host.portBindings.map(each => `${each.target}/${each.protocol}`)])].map(
        port => [port, {}],
      ),
    ),
    Tty: config.tty,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    Env: config.env,
    Cmd: config.cmd,
    Image: image,
    Volumes: null,
    WorkingDir: config.workingDir,
    Entrypoint: config.entrypoint.length > 0 ? config.entrypoint : null,
    OnBuild: null,
    Labels: config.labels,
    StopSignal: config.stopSignal,
    ...(config.stopTimeout === undefined ? {} : {StopTimeout: Math.ceil(config.stopTimeout / 1000)}),
    ...(config.healthcheck
      ? {
          Healthcheck: {
            Test: config.healthcheck.test,
            Interval: nanoseconds(config.healthcheck.interval),
            Timeout: nanoseconds(config.healthcheck.timeout),
            Retries: config.healthcheck.retries,
            StartPeriod: nanoseconds(config.healthcheck.startPeriod),
            StartInterval: nanoseconds(config.healthcheck.startInterval),
          },
        }
      : {}),
  }
}

function hostBody(record: ContainerRecord) {
  const {host} = record
  return {
    NetworkMode: networkMode(record),
    PortBindings: portMap(
      [],
      host.portBindings.map(each => ({...each, hostPortNumber: Number(each.hostPort) || 0})),
    ),
    RestartPolicy: {Name: host.restart.name, MaximumRetryCount: host.restart.maximumRetryCount},
    AutoRemove: host.autoRemove,
    Privileged: host.privileged,
    ReadonlyRootfs: host.readOnlyRootfs,
    CapAdd: host.capAdd,
    CapDrop: host.capDrop,
    SecurityOpt: host.securityOpt,
    GroupAdd: host.groupAdd,
    ExtraHosts: host.extraHosts,
    Dns: host.dns,
    DnsSearch: host.dnsSearch,
    DnsOptions: host.dnsOptions,
    Init: host.init,
    ShmSize: host.shmSize,
    Sysctls: host.sysctls,
    Ulimits: Object.entries(host.ulimits).map(([Name, {soft, hard}]) => ({Name, Soft: soft, Hard: hard})),
    NanoCpus: host.resources.nanoCpus ?? 0,
    CpuShares: host.resources.cpuShares ?? 0,
    CpusetCpus: host.resources.cpuset ?? '',
    Memory: host.resources.memory ?? 0,
    MemoryReservation: host.resources.memoryReservation ?? 0,
    MemorySwap: host.resources.memorySwap ?? 0,
    PidsLimit: host.resources.pids ?? null,
    OomScoreAdj: host.resources.oomScoreAdj ?? 0,
    Binds: record.mounts.flatMap(each =>
      each.type === 'bind' ? [`${each.source}:${each.target}${each.readOnly ? ':ro' : ''}`] : [],
    ),
    LogConfig: {
      Type: 'json-file',
      Config: {'max-size': String(host.log.maxSize), 'max-file': String(host.log.maxFiles)},
    },
    IpcMode: 'private',
    PidMode: '',
    UTSMode: '',
    CgroupnsMode: 'private',
  }
}
