import type {PortMap} from './ports.ts'
import type {ResourceBody} from './resources.ts'

/** The parts of the Engine API's request bodies that we read (API 1.44). Durations are nanoseconds. */
export type CreateBody = {
  readonly Image: string
  readonly Hostname?: string
  readonly Domainname?: string
  readonly User?: string
  readonly Tty?: boolean
  readonly OpenStdin?: boolean
  readonly StdinOnce?: boolean
  readonly Env?: readonly string[] | null
  readonly Cmd?: string | readonly string[] | null
  readonly Entrypoint?: string | readonly string[] | null
  readonly WorkingDir?: string
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly ExposedPorts?: Readonly<Record<string, unknown>> | null
  readonly Volumes?: Readonly<Record<string, unknown>> | null
  readonly StopSignal?: string
  readonly StopTimeout?: number | null
  readonly Healthcheck?: HealthBody | null
  readonly HostConfig?: HostBody
  readonly StackFiles?: readonly FileBody[] | null
  readonly NetworkingConfig?: {readonly EndpointsConfig?: Readonly<Record<string, EndpointBody | null>> | null} | null
}

export type HealthBody = {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly Retries?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
}

/** Of a network's driver: `dnsrr` where the service is to have no address of its own. */
export const endpointMode = 'stack.endpoint_mode'

export type EndpointBody = {
  readonly Aliases?: readonly string[] | null
  readonly MacAddress?: string
  readonly IPAMConfig?: {
    readonly IPv4Address?: string
    readonly IPv6Address?: string
    readonly LinkLocalIPs?: readonly string[] | null
  } | null
  readonly Links?: readonly string[] | null
  readonly DriverOpts?: Readonly<Record<string, string>> | null
  readonly GwPriority?: number
}

export type HostBody = ResourceBody & {
  readonly NetworkMode?: string
  readonly PortBindings?: PortMap | null
  readonly PublishAllPorts?: boolean
  /** Delay and window are our extension, which other engines ignore. */
  readonly RestartPolicy?: {
    readonly Name?: string
    readonly MaximumRetryCount?: number
    readonly StackDelay?: number
    readonly StackWindow?: number
  }
  readonly AutoRemove?: boolean
  readonly Privileged?: boolean
  readonly ReadonlyRootfs?: boolean
  readonly CapAdd?: readonly string[] | null
  readonly CapDrop?: readonly string[] | null
  readonly SecurityOpt?: readonly string[] | null
  readonly GroupAdd?: readonly string[] | null
  readonly ExtraHosts?: readonly string[] | null
  readonly Dns?: readonly string[] | null
  readonly DnsSearch?: readonly string[] | null
  readonly DnsOptions?: readonly string[] | null
  readonly Init?: boolean | null
  readonly ShmSize?: number
  readonly Sysctls?: Readonly<Record<string, string>> | null
  readonly Ulimits?: ReadonlyArray<{readonly Name: string; readonly Soft: number; readonly Hard: number}> | null
  readonly NanoCpus?: number
  readonly CpuShares?: number
  readonly CpusetCpus?: string
  readonly Memory?: number
  readonly MemoryReservation?: number
  readonly MemorySwap?: number
  readonly PidsLimit?: number | null
  readonly OomScoreAdj?: number
  readonly LogConfig?: {readonly Type?: string; readonly Config?: Readonly<Record<string, string>> | null}
  readonly Binds?: readonly string[] | null
  readonly Mounts?: readonly MountBody[] | null
  readonly Tmpfs?: Readonly<Record<string, string>> | null
  /** Our extension, which other engines ignore: the daemon's own socket as /var/run/docker.sock. */
  readonly StackApiSocket?: boolean
  readonly PidMode?: string
  readonly IpcMode?: string
  readonly UTSMode?: string
  readonly CgroupnsMode?: string
  readonly CgroupParent?: string
  readonly UsernsMode?: string
  readonly Runtime?: string
  readonly MaskedPaths?: readonly string[] | null
  readonly ReadonlyPaths?: readonly string[] | null
  readonly Annotations?: Readonly<Record<string, string>> | null
  readonly VolumesFrom?: readonly string[] | null
}

export type MountBody = {
  readonly Type: string
  readonly Source?: string
  readonly Target: string
  readonly ReadOnly?: boolean
  readonly BindOptions?: {
    readonly Propagation?: string
    readonly CreateMountpoint?: boolean
    readonly NonRecursive?: boolean
    readonly ReadOnlyNonRecursive?: boolean
    readonly ReadOnlyForceRecursive?: boolean
  }
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean
    readonly Subpath?: string
    readonly Labels?: Readonly<Record<string, string>> | null
  }
  readonly TmpfsOptions?: {readonly SizeBytes?: number; readonly Mode?: number}
}

export type ExecBody = {
  readonly AttachStdin?: boolean
  readonly Tty?: boolean
  readonly Cmd?: readonly string[]
  readonly Env?: readonly string[] | null
  readonly User?: string
  readonly WorkingDir?: string
  readonly Privileged?: boolean
  readonly ConsoleSize?: readonly [number, number] | null
}

/** Our extension of the create body, which other engines ignore: configs and secrets, content in base64. */
export type FileBody = {
  readonly Target: string
  readonly Content: string
  readonly Uid: number
  readonly Gid: number
  readonly Mode: number
}
