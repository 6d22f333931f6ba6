import {StackError} from '../../base/error.ts'
import type {ContainerConfig, EndpointConfig, HealthcheckConfig, HostConfig} from '../../model/container.ts'
import type {Image} from '../../model/image.ts'
import {type CreateBody, endpointMode, type HealthBody, type HostBody} from './bodies.ts'
import {fromNanoseconds} from './duration.ts'
import {isolation} from './isolation.ts'
import {portBindings} from './ports.ts'
import {hostResources} from './resources.ts'

/** What a create request asks for, merged with its image; names of networks and mounts are resolved by the caller. */
export type Wanted = {
  readonly config: ContainerConfig
  readonly host: HostConfig
  readonly endpoints: readonly EndpointConfig[]
}

export function wanted(id: string, body: CreateBody, image: Image): Wanted {
  return {config: containerConfig(id, body, image), host: hostConfig(body, image), endpoints: endpoints(body)}
}

function containerConfig(id: string, body: CreateBody, image: Image): ContainerConfig {
  const {entrypoint, cmd} = program(body, image)
  if (entrypoint.length + cmd.length === 0) throw new StackError('bad-request', 'no command specified')
  const healthcheck = mergeHealth(body.Healthcheck, image.config)
  return {
    hostname: body.Hostname || id.slice(0, 12),
    domainname: body.Domainname ?? '',
    user: body.User || image.config.user,
    tty: body.Tty ?? false,
    openStdin: body.OpenStdin ?? false,
    stdinOnce: body.StdinOnce ?? false,
    env: mergeEnv(image.config.env, body.Env ?? []),
    entrypoint,
    cmd,
    workingDir: body.WorkingDir || image.config.workingDir || '/',
    labels: {...image.config.labels, ...body.Labels},
    exposedPorts: [...new Set([...image.config.exposedPorts, ...Object.keys(body.ExposedPorts ?? {})])],
    stopSignal: body.StopSignal || image.config.stopSignal || 'SIGTERM',
    ...(body.StopTimeout == null ? {} : {stopTimeout: body.StopTimeout * 1000}),
    ...(healthcheck ? {healthcheck} : {}),
  }
}

/** Docker's rule: an entrypoint of one's own drops the image's command too. */
function program(body: CreateBody, image: Image): {entrypoint: readonly string[]; cmd: readonly string[]} {
  const own = words(body.Entrypoint)
  const cmd = words(body.Cmd)
  if (own !== undefined && own.length > 0)
    return {entrypoint: own.filter(word => word !== '' || own.length > 1), cmd: cmd ?? []}
  return {entrypoint: own ?? image.config.entrypoint, cmd: cmd !== undefined && cmd.length > 0 ? cmd : image.config.cmd}
}

const words = (value: string | readonly string[] | null | undefined): readonly string[] | undefined =>
  value == null ? undefined : typeof value === 'string' ? [value] : value

/** Later wins; a name without `=` takes the variable away. */
export function mergeEnv(image: readonly string[], own: readonly string[]): string[] {
  const merged = new Map<string, string>()
  for (const each of [...image, ...own]) {
    const at = each.indexOf('=')
    if (at < 0) merged.delete(each)
    else merged.set(each.slice(0, at), each)
  }
  return [...merged.values()]
}

function mergeHealth(
  own: HealthBody | null | undefined,
  {healthcheck: image, shell}: Image['config'],
): HealthcheckConfig | undefined {
  const asked = own?.Test?.length ? own.Test : image?.test
  // A line of text is for the image's own shell.
  const test = asked?.[0] === 'CMD-SHELL' && shell !== undefined ? ['CMD', ...shell, asked.slice(1).join(' ')] : asked
  if (test === undefined || test.length === 0 || test[0] === 'NONE') return undefined
  const pick = (nanos: number | undefined, inherited: number | undefined, fallback: number) =>
    nanos ? fromNanoseconds(nanos) : (inherited ?? fallback)
  return {
    test,
    interval: pick(own?.Interval, image?.interval, 30_000),
    timeout: pick(own?.Timeout, image?.timeout, 30_000),
    retries: own?.Retries || image?.retries || 3,
    startPeriod: pick(own?.StartPeriod, image?.startPeriod, 0),
    startInterval: pick(own?.StartInterval, image?.startInterval, 5_000),
  }
}

function hostConfig(body: CreateBody, image: Image): HostConfig {
  const host = body.HostConfig ?? {}
  return {
    networkMode: networkMode(host.NetworkMode ?? 'default'),
    portBindings: portBindings(
      host.PortBindings ?? {},
      host.PublishAllPorts ? [...new Set([...image.config.exposedPorts, ...Object.keys(body.ExposedPorts ?? {})])] : [],
    ),
    restart: restartPolicy(host.RestartPolicy),
    autoRemove: host.AutoRemove ?? false,
    privileged: host.Privileged ?? false,
    readOnlyRootfs: host.ReadonlyRootfs ?? false,
    capAdd: host.CapAdd ?? [],
    capDrop: host.CapDrop ?? [],
    securityOpt: host.SecurityOpt ?? [],
    groupAdd: host.GroupAdd ?? [],
    extraHosts: host.ExtraHosts ?? [],
    ...(host.VolumesFrom?.length ? {volumesFrom: host.VolumesFrom} : {}),
    dns: host.Dns ?? [],
    dnsSearch: host.DnsSearch ?? [],
    dnsOptions: host.DnsOptions ?? [],
    init: host.Init ?? false,
    shmSize: host.ShmSize || 64 * 1024 * 1024,
    sysctls: host.Sysctls ?? {},
    ulimits: Object.fromEntries((host.Ulimits ?? []).map(each => [each.Name, {soft: each.Soft, hard: each.Hard}])),
    resources: resources(host),
    log: {...logLimits(host.LogConfig?.Config ?? {}), ...(host.LogConfig?.Type === 'none' ? {driver: 'none'} : {})},
    ...isolation(host),
  }
}

function restartPolicy(policy: HostBody['RestartPolicy']): HostConfig['restart'] {
  const {StackDelay: delay, StackWindow: window} = policy ?? {}
  return {
    name: (policy?.Name || 'no') as HostConfig['restart']['name'],
    maximumRetryCount: policy?.MaximumRetryCount ?? 0,
    ...(delay === undefined ? {} : {delay: fromNanoseconds(delay)}),
    ...(window === undefined ? {} : {window: fromNanoseconds(window)}),
  }
}

function networkMode(mode: string): HostConfig['networkMode'] {
  if (mode === 'none' || mode === 'host') return mode
  return mode.startsWith('container:') ? (mode as `container:${string}`) : 'networks'
}

function resources(host: HostBody): HostConfig['resources'] {
  if (host.NanoCpus && (host.CpuQuota || host.CpuPeriod)) {
    throw new StackError('bad-request', 'CPUs and a CPU quota or period cannot both be set')
  }
  return {
    ...hostResources(host),
    ...(host.NanoCpus ? {nanoCpus: host.NanoCpus} : {}),
    ...(host.CpuShares ? {cpuShares: host.CpuShares} : {}),
    ...(host.CpusetCpus ? {cpuset: host.CpusetCpus} : {}),
    ...(host.Memory ? {memory: host.Memory} : {}),
    ...(host.MemoryReservation ? {memoryReservation: host.MemoryReservation} : {}),
    ...(host.MemorySwap ? {memorySwap: host.MemorySwap} : {}),
    ...(host.PidsLimit ? {pids: host.PidsLimit} : {}),
    ...(host.OomScoreAdj ? {oomScoreAdj: host.OomScoreAdj} : {}),
  }
}

const units: Readonly<Record<string, number>> = {'': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3}

/** json-file's `max-size` (-1: without limit) and `max-file`; rotation is on by default, unlike Docker's, so that no log fills a disk. */
function logLimits(options: Readonly<Record<string, string>>): HostConfig['log'] {
  if (options['max-size'] === '-1') return {maxSize: 0, maxFiles: 1}
  const size = /^(\d+)\s*([bkmg]?)b?$/i.exec(options['max-size'] ?? '')
  return {
    maxSize: size ? Number(size[1]) * (units[(size[2] ?? '').toLowerCase()] ?? 1) : 20 * 1024 ** 2,
    maxFiles: Math.max(1, Number(options['max-file'] ?? (size ? 1 : 5))),
  }
}

/** The networks in order: the one of the network mode first. */
function endpoints(body: CreateBody): EndpointConfig[] {
  const mode = body.HostConfig?.NetworkMode ?? 'default'
  if (mode === 'none' || mode === 'host' || mode.startsWith('container:')) return []
  // Newer clients of Docker call the network of nobody's choice by that word here, too.
  const {default: usual, ...named} = body.NetworkingConfig?.EndpointsConfig ?? {}
  const configured = usual === undefined ? named : {bridge: usual, ...named}
  const primary = mode === 'default' ? (Object.keys(configured)[0] ?? 'bridge') : mode
  const names = [primary, ...Object.keys(configured).filter(name => name !== primary)]
  return names.map(network => {
    const settings = configured[network]
    const ipv4Address = settings?.IPAMConfig?.IPv4Address
    const ipv6Address = settings?.IPAMConfig?.IPv6Address
    return {
      network,
      aliases: settings?.Aliases ?? [],
      ...(ipv4Address ? {ipv4Address} : {}),
      ...(ipv6Address ? {ipv6Address} : {}),
      ...(settings?.MacAddress ? {macAddress: settings.MacAddress} : {}),
      ...(settings?.DriverOpts?.[endpointMode] === 'dnsrr' ? {mode: 'dnsrr'} : {}),
      ...(settings?.IPAMConfig?.LinkLocalIPs?.length ? {linkLocalIps: settings.IPAMConfig.LinkLocalIPs} : {}),
      ...(settings?.Links?.length ? {links: settings.Links} : {}),
      ...(settings?.DriverOpts && Object.keys(settings.DriverOpts).length > 0 ? {options: settings.DriverOpts} : {}),
      ...(settings?.GwPriority ? {gatewayPriority: settings.GwPriority} : {}),
    }
  })
}
