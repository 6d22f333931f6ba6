/** A network to make: all that the engine must know. */
export type NetworkSpec = {
  readonly name: string
  readonly driver: string
  readonly driverOptions: Readonly<Record<string, string>>
  readonly internal: boolean
  readonly attachable: boolean
  readonly enableIpv6: boolean
  readonly ipam: ReadonlyArray<{readonly subnet?: string; readonly gateway?: string; readonly ipRange?: string}>
  readonly labels: Readonly<Record<string, string>>
}

export type VolumeSpec = {
  readonly name: string
  readonly driver: string
  readonly driverOptions: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

/** One container to make: all that the engine must know, nothing of Compose but the labels. */
export type ContainerSpec = {
  readonly name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  readonly command: readonly string[] | null
  readonly entrypoint: readonly string[] | null
  readonly environment: Readonly<Record<string, string | null>>
  readonly hostname?: string
  readonly domainname?: string
  readonly user?: string
  readonly workingDir?: string
  readonly tty: boolean
  readonly stdinOpen: boolean
  readonly init: boolean
  readonly expose: readonly string[]
  readonly ports: ReadonlyArray<{
    readonly target: number
    readonly published?: string
    readonly hostIp?: string
    readonly protocol: 'tcp' | 'udp'
  }>
  readonly mounts: ReadonlyArray<
    | {
        readonly type: 'bind'
        readonly source: string
        readonly target: string
        readonly readOnly: boolean
        readonly createHostPath: boolean
        readonly propagation?: string
      }
    /** `source` is the volume's name on the engine; undefined: anonymous. */
    | {
        readonly type: 'volume'
        readonly source?: string
        readonly target: string
        readonly readOnly: boolean
        readonly nocopy: boolean
        readonly subpath?: string
      }
    | {
        readonly type: 'tmpfs'
        readonly target: string
        readonly size?: number
        readonly mode?: number
        readonly options?: string
      }
  >
  /** Configs and secrets: content put into the container before it starts. */
  readonly files: ReadonlyArray<{
    readonly target: string
    readonly content: Uint8Array
    readonly uid: number
    readonly gid: number
    readonly mode: number
  }>
  readonly networkMode: 'networks' | 'none' | 'host' | `container:${string}`
  /** By the network's name on the engine; in order of attachment, the first has the default route. */
  readonly networks: ReadonlyArray<{
    readonly name: string
    readonly aliases: readonly string[]
    readonly ipv4Address?: string
    readonly ipv6Address?: string
    readonly macAddress?: string
  }>
  readonly extraHosts: readonly string[]
  readonly dns: readonly string[]
  readonly healthcheck?: {
    readonly disable: boolean
    readonly test?: readonly string[]
    readonly interval?: number
    readonly timeout?: number
    readonly retries?: number
    readonly startPeriod?: number
    readonly startInterval?: number
  }
  readonly restart: {
    readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped'
    readonly maximumRetryCount: number
  }
  readonly stopSignal?: string
  readonly stopGracePeriod?: number
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
  readonly privileged: boolean
  readonly readOnly: boolean
  readonly securityOpt: readonly string[]
  readonly resources: {
    readonly cpus?: number
    readonly cpuShares?: number
    readonly cpuset?: string
    readonly memory?: number
    readonly memoryReservation?: number
    readonly memorySwap?: number
    readonly pids?: number
    readonly oomScoreAdj?: number
  }
  readonly ulimits: Readonly<Record<string, {readonly soft: number; readonly hard: number}>>
  readonly sysctls: Readonly<Record<string, string>>
  readonly groupAdd: readonly string[]
  readonly shmSize?: number
  readonly logging?: {readonly driver?: string; readonly options: Readonly<Record<string, string>>}
}
