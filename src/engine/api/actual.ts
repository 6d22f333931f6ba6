import type {ActualContainer, ContainerStatus, HealthStatus} from '../engine.ts'
import {label} from '../labels.ts'
import type {ContainerInfo, ContainerInspectInfo} from './client.ts'
import {parseStatus} from './status.ts'

/** A row of the engine's list. Its times are as coarse as its words. */
export function fromList(info: ContainerInfo, now: number): ActualContainer {
  const {exitCode, health, ago} = parseStatus(info.Status)
  const status = info.State as ContainerStatus
  const at = ago === undefined ? undefined : now - ago
  const isUp = status === 'running' || status === 'paused'
  return {
    id: info.Id,
    name: (info.Names[0] ?? '').replace(/^\//, ''),
    ...fromLabels(info.Labels ?? {}),
    image: info.Image,
    imageId: info.ImageID,
    command: info.Command,
    status,
    health,
    exitCode,
    error: '',
    created: info.Created * 1000,
    ...(at === undefined ? {} : isUp ? {startedAt: at} : {finishedAt: at}),
    restarts: 0,
    ports: (info.Ports ?? []).map(({IP = '', PrivatePort, PublicPort = 0, Type}) => ({
      target: PrivatePort,
      protocol: Type,
      hostIp: IP,
      published: PublicPort,
    })),
    networks: addresses(info.NetworkSettings?.Networks),
    ...volumesOf(info.Mounts ?? []),
    tty: false,
  }
}

/** The whole of one container. */
export function fromInspect(info: ContainerInspectInfo): ActualContainer {
  const {State, Config} = info
  const startedAt = instant(State.StartedAt)
  const finishedAt = instant(State.FinishedAt)
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    ...fromLabels(Config.Labels ?? {}),
    image: Config.Image,
    imageId: info.Image,
    command: [info.Path, ...(info.Args ?? [])].join(' '),
    status: State.Status as ContainerStatus,
    health: (State.Health?.Status as HealthStatus | undefined) ?? 'none',
    exitCode: State.ExitCode,
    error: State.Error ?? '',
    created: Date.parse(info.Created),
    ...(startedAt === undefined ? {} : {startedAt}),
    ...(finishedAt === undefined ? {} : {finishedAt}),
    restarts: info.RestartCount ?? 0,
    ports: portsOf(info.NetworkSettings?.Ports ?? {}),
    networks: addresses(info.NetworkSettings?.Networks),
    ...volumesOf(info.Mounts ?? []),
    tty: Config.Tty ?? false,
  }
}

const fromLabels = (labels: Readonly<Record<string, string>>) => ({
  labels,
  service: labels[label.service] ?? '',
  number: Number(labels[label.number] ?? 1),
  oneoff: labels[label.oneoff]?.toLowerCase() === 'true',
  configHash: labels[label.configHash] ?? '',
})

/** Go's zero time means never. */
function instant(text: string): number | undefined {
  const time = Date.parse(text)
  return Number.isNaN(time) || time <= 0 ? undefined : time
}

type PortMap = Readonly<Record<string, ReadonlyArray<{readonly HostIp: string; readonly HostPort: string}> | null>>

const portsOf = (ports: PortMap): ActualContainer['ports'] =>
  Object.entries(ports).flatMap(([key, bindings]) => {
    const [target, protocol = 'tcp'] = key.split('/')
    const all = bindings ?? [{HostIp: '', HostPort: '0'}]
    return all.map(each => ({target: Number(target), protocol, hostIp: each.HostIp, published: Number(each.HostPort)}))
  })

const addresses = (
  networks: Readonly<Record<string, {readonly IPAddress?: string} | null>> | undefined,
): Record<string, string> =>
  Object.fromEntries(Object.entries(networks ?? {}).map(([name, at]) => [name, at?.IPAddress ?? '']))

type MountPoint = {readonly Type?: string; readonly Name?: string | undefined; readonly Destination: string}

function volumesOf(mounts: readonly MountPoint[]): Pick<ActualContainer, 'volumes' | 'mountedVolumes'> {
  const found = mounts.flatMap(({Type, Name, Destination}) =>
    Type === 'volume' && Name ? [[Destination, Name] as const] : [],
  )
  return {volumes: found.map(([, name]) => name), mountedVolumes: Object.fromEntries(found)}
}
