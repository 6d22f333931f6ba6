import type {EndpointConfig, MountRecord} from '../../model/container.ts'
import type {Health} from '../health.ts'
import {configBody, hostBody, networkMode} from './configuration.ts'
import {goTime} from './duration.ts'
import {type Observed, statusOf, statusText} from './observed.ts'
import {portList, portMap} from './ports.ts'

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

function networks({record, endpoints, networkIds}: Observed) {
  return Object.fromEntries(
    record.endpoints.map(config => {
      const id = networkIds[config.network] ?? ''
      const at = endpoints.find(each => each.network === id)
      return [
        config.network,
        {
          IPAMConfig: addressesAsked(config),
          Links: config.links ?? null,
          Aliases: config.aliases,
          MacAddress: at?.mac ?? '',
          DriverOpts: config.options ?? null,
          GwPriority: config.gatewayPriority ?? 0,
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

function addressesAsked({ipv4Address, ipv6Address, linkLocalIps}: EndpointConfig) {
  const asked = {
    ...(ipv4Address ? {IPv4Address: ipv4Address} : {}),
    ...(ipv6Address ? {IPv6Address: ipv6Address} : {}),
    ...(linkLocalIps ? {LinkLocalIPs: linkLocalIps} : {}),
  }
  return Object.keys(asked).length === 0 ? null : asked
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
