import type {ContainerSpec} from '../engine.ts'
import type {ContainerCreateOptions, HostConfig, MountSettings} from './client.ts'
import {given} from './given.ts'
import {resourceBody} from './resource-body.ts'

/** What our own engine reads in addition: configs and secrets, to be there before the program starts. */
export type FileBody = {
  readonly Target: string
  readonly Content: string
  readonly Uid: number
  readonly Gid: number
  readonly Mode: number
}

/** The body of `POST /containers/create`. */
export function createBody(spec: ContainerSpec, {isOurs = false} = {}): ContainerCreateOptions {
  const ports = [...spec.expose.map(withProtocol), ...spec.ports.map(portKey)]
  return {
    Image: spec.image,
    Labels: {...spec.labels},
    Env: Object.entries(spec.environment).map(([name, value]) => (value === null ? name : `${name}=${value}`)),
    Tty: spec.tty,
    OpenStdin: spec.stdinOpen,
    ExposedPorts: Object.fromEntries(ports.map(port => [port, {}])),
    HostConfig: hostConfig(spec),
    NetworkingConfig: {EndpointsConfig: endpoints(spec, isOurs)},
    ...given('Cmd', spec.command === null ? undefined : [...spec.command]),
    // One empty word: none, instead of the image's.
    ...given(
      'Entrypoint',
      spec.entrypoint === null ? undefined : spec.entrypoint.length === 0 ? [''] : [...spec.entrypoint],
    ),
    ...given('Hostname', spec.hostname),
    ...given('Domainname', spec.domainname),
    ...given('User', spec.user),
    ...given('WorkingDir', spec.workingDir),
    ...given('StopSignal', spec.stopSignal),
    ...given('StopTimeout', spec.stopGracePeriod === undefined ? undefined : Math.ceil(spec.stopGracePeriod / 1000)),
    ...given('Healthcheck', healthcheck(spec)),
  }
}

export const fileBodies = ({files}: ContainerSpec): FileBody[] =>
  files.map(({target, content, uid, gid, mode}) => ({
    Target: target,
    Content: Buffer.from(content).toString('base64'),
    Uid: uid,
    Gid: gid,
    Mode: mode,
  }))

const withProtocol = (port: string): string => (port.includes('/') ? port : `${port}/tcp`)
const portKey = ({target, protocol}: ContainerSpec['ports'][number]): string => `${target}/${protocol}`
const nanoseconds = (milliseconds: number): number => Math.round(milliseconds * 1_000_000)

function healthcheck({healthcheck: check}: ContainerSpec): ContainerCreateOptions['Healthcheck'] {
  if (check === undefined) return undefined
  if (check.disable) return {Test: ['NONE']}
  const period = (name: string, value: number | undefined) =>
    given(name, value === undefined ? undefined : nanoseconds(value))
  return {
    ...given('Test', check.test === undefined ? undefined : [...check.test]),
    ...given('Retries', check.retries),
    ...period('Interval', check.interval),
    ...period('Timeout', check.timeout),
    ...period('StartPeriod', check.startPeriod),
    ...period('StartInterval', check.startInterval),
  }
}

function hostConfig(spec: ContainerSpec): HostConfig {
  const {resources} = spec
  const tmpfs = spec.mounts.flatMap(each =>
    each.type === 'tmpfs' && each.options !== undefined ? [[each.target, tmpfsOptions(each)] as const] : [],
  )
  return {
    NetworkMode: spec.networkMode === 'networks' ? (spec.networks[0]?.name ?? 'none') : spec.networkMode,
    PortBindings: portBindings(spec.ports),
    RestartPolicy: restartPolicy(spec),
    Mounts: spec.mounts.flatMap(mountSettings),
    ...given('VolumesFrom', spec.volumesFrom && [...spec.volumesFrom]),
    Privileged: spec.privileged,
    ReadonlyRootfs: spec.readOnly,
    CapAdd: [...spec.capAdd],
    CapDrop: [...spec.capDrop],
    SecurityOpt: [...spec.securityOpt],
    GroupAdd: [...spec.groupAdd],
    ExtraHosts: [...spec.extraHosts],
    Dns: [...spec.dns],
    ...given('DnsSearch', spec.dnsSearch && [...spec.dnsSearch]),
    ...given('DnsOptions', spec.dnsOptions && [...spec.dnsOptions]),
    Sysctls: {...spec.sysctls},
    Ulimits: Object.entries(spec.ulimits).map(([Name, {soft, hard}]) => ({Name, Soft: soft, Hard: hard})),
    ...(tmpfs.length === 0 ? {} : {Tmpfs: Object.fromEntries(tmpfs)}),
    ...(spec.init ? {Init: true} : {}),
    ...(spec.logging === undefined
      ? {}
      : {LogConfig: {Type: spec.logging.driver ?? '', Config: {...spec.logging.options}}}),
    ...given('ShmSize', spec.shmSize),
    ...given('NanoCpus', resources.cpus === undefined ? undefined : Math.round(resources.cpus * 1e9)),
    ...given('CpuShares', resources.cpuShares),
    ...given('CpusetCpus', resources.cpuset),
    ...given('Memory', resources.memory),
    ...given('MemoryReservation', resources.memoryReservation),
    ...given('MemorySwap', resources.memorySwap),
    ...given('PidsLimit', resources.pids),
    ...given('OomScoreAdj', resources.oomScoreAdj),
    ...resourceBody(resources),
    ...isolation(spec),
  }
}

/** How long to wait and what counts as a success are ours alone: other engines do not read them. */
const restartPolicy = ({restart: {name, maximumRetryCount, delay, window}}: ContainerSpec) => ({
  Name: name,
  MaximumRetryCount: maximumRetryCount,
  ...given('StackDelay', delay === undefined ? undefined : nanoseconds(delay)),
  ...given('StackWindow', window === undefined ? undefined : nanoseconds(window)),
})

function tmpfsOptions({size, mode, options}: Extract<Mount, {type: 'tmpfs'}>): string {
  const more = [size === undefined ? [] : [`size=${size}`], mode === undefined ? [] : [`mode=${mode.toString(8)}`]]
  return [...more.flat(), options].join(',')
}

const isolation = (spec: ContainerSpec) => ({
  ...given('PidMode', spec.pidMode),
  ...given('IpcMode', spec.ipcMode),
  ...given('UTSMode', spec.utsMode),
  ...given('CgroupnsMode', spec.cgroupMode),
  ...given('CgroupParent', spec.cgroupParent),
  ...given('UsernsMode', spec.usernsMode),
  ...given('Annotations', spec.annotations && {...spec.annotations}),
})

function portBindings(ports: ContainerSpec['ports']) {
  const bindings: Record<string, Array<{HostIp: string; HostPort: string}>> = {}
  for (const port of ports) {
    bindings[portKey(port)] ??= []
    bindings[portKey(port)]!.push({HostIp: port.hostIp ?? '', HostPort: port.published ?? ''})
  }
  return bindings
}

type Mount = ContainerSpec['mounts'][number]
/** The types lack what the API has had since 1.43. */
type Settings = MountSettings & {readonly BindOptions?: object; readonly VolumeOptions?: object}

function mountSettings(mount: Mount): Settings[] {
  switch (mount.type) {
    case 'bind':
      return [
        {
          ...{Type: 'bind', Source: mount.source, Target: mount.target, ReadOnly: mount.readOnly},
          BindOptions: bindOptions(mount),
        } as Settings,
      ]
    case 'volume':
      return [
        {
          ...{Type: 'volume', Source: mount.source ?? '', Target: mount.target, ReadOnly: mount.readOnly},
          VolumeOptions: {NoCopy: mount.nocopy, ...given('Subpath', mount.subpath), ...given('Labels', mount.labels)},
        } as Settings,
      ]
    case 'tmpfs': {
      if (mount.options !== undefined) return []
      const TmpfsOptions = {...given('SizeBytes', mount.size), ...given('Mode', mount.mode)}
      return [{Type: 'tmpfs', Source: '', Target: mount.target, TmpfsOptions} as Settings]
    }
  }
}

/** An option of the network's driver: that of other engines ignores what it does not know. */
const endpointMode = 'stack.endpoint_mode'

function bindOptions({createHostPath, propagation, recursive}: Extract<Mount, {type: 'bind'}>): object {
  return {
    CreateMountpoint: createHostPath,
    ...given('Propagation', propagation),
    ...(recursive === 'disabled' ? {NonRecursive: true} : {}),
    ...(recursive === 'writable' ? {ReadOnlyNonRecursive: true} : {}),
    ...(recursive === 'readonly' ? {ReadOnlyForceRecursive: true} : {}),
  }
}

/** One for every network, the first being that of the network mode. */
function endpoints(spec: ContainerSpec, isOurs: boolean) {
  const {networkMode, networks, links = [], ports, networkLimits} = spec
  if (networkMode !== 'networks') return {}
  const portNames = ports.filter(each => each.name !== undefined).map(each => `${each.name}=${portKey(each)}`)
  const own = {
    ...given('stack.port_names', portNames.length === 0 ? undefined : portNames.join(',')),
    ...given('stack.egress', networkLimits?.egress?.toString()),
    ...given('stack.ingress', networkLimits?.ingress?.toString()),
  }
  return Object.fromEntries(
    networks.map(network => {
      const body = endpointBody({...network, driverOptions: {...network.driverOptions, ...own}})
      return [network.name, links.length === 0 ? body : {...body, Links: linkTexts(links, isOurs)}]
    }),
  )
}

type Networks = ContainerSpec['networks'][number]

export function endpointBody({
  aliases,
  ipv4Address,
  ipv6Address,
  macAddress,
  linkLocalIps,
  interfaceName,
  driverOptions,
  gatewayPriority,
  mode,
}: Networks) {
  const addresses = {
    ...given('IPv4Address', ipv4Address),
    ...given('IPv6Address', ipv6Address),
    ...given('LinkLocalIPs', linkLocalIps && [...linkLocalIps]),
  }
  const options: Record<string, string> = {
    ...driverOptions,
    ...given(interfaceOption, interfaceName),
    ...given(endpointMode, mode),
  }
  return {
    Aliases: [...aliases],
    ...(Object.keys(addresses).length === 0 ? {} : {IPAMConfig: addresses}),
    ...given('MacAddress', macAddress),
    ...(Object.keys(options).length === 0 ? {} : {DriverOpts: options}),
    ...given('GwPriority', gatewayPriority),
  }
}

const interfaceOption = 'com.docker.network.endpoint.ifname'

/** `CONTAINER:ALIAS`; our own engine follows a service's name to the replicas that there are at the time. */
const linkTexts = (links: NonNullable<ContainerSpec['links']>, isOurs: boolean): string[] =>
  links.flatMap(({alias, names, service}) =>
    (isOurs && service !== undefined ? [service] : names).map(name => `${name}:${alias}`),
  )
