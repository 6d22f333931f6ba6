import type {HostResources} from './resources.ts'

/**
 * A container as this machine's runtime keeps it: `containers/<id>/config.json`, written once at creation.
 * Durations are milliseconds, sizes bytes. The daemon translates it from and to the Engine API's bodies.
 */
export type ContainerRecord = {
  /** 64 hex digits. */
  readonly id: string
  /** Unique, without a leading slash. */
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly created: number
  /** The reference as it was asked for, and what it resolved to. */
  readonly image: string
  readonly imageId: string
  readonly config: ContainerConfig
  readonly host: HostConfig
  /** In order of attachment. Only for networkMode 'networks'. */
  readonly endpoints: readonly EndpointConfig[]
  /** Volumes and binds, resolved: anonymous volumes have their name by now. */
  readonly mounts: readonly MountRecord[]
}

export type ContainerConfig = {
  readonly hostname: string
  readonly domainname: string
  /** As asked: '' is the image's. Resolved against the container's passwd at start. */
  readonly user: string
  readonly tty: boolean
  readonly openStdin: boolean
  readonly stdinOnce: boolean
  /** `KEY=value`, image's and own merged. */
  readonly env: readonly string[]
  /** As asked and merged with the image's; exec is entrypoint + cmd. */
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly workingDir: string
  readonly labels: Readonly<Record<string, string>>
  /** `80/tcp` */
  readonly exposedPorts: readonly string[]
  readonly stopSignal: string
  readonly stopTimeout?: number
  readonly healthcheck?: HealthcheckConfig
}

/** Complete: defaults filled in (interval 30 s, timeout 30 s, retries 3, start period 0, start interval 5 s). */
export type HealthcheckConfig = {
  /** ['CMD', …] or ['CMD-SHELL', line]. */
  readonly test: readonly string[]
  readonly interval: number
  readonly timeout: number
  readonly retries: number
  readonly startPeriod: number
  readonly startInterval: number
}

export type HostConfig = {
  readonly networkMode: 'networks' | 'none' | 'host' | `container:${string}`
  readonly portBindings: readonly PortBinding[]
  readonly restart: {
    readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped'
    readonly maximumRetryCount: number
    readonly delay?: number
    readonly window?: number
  }
  readonly autoRemove: boolean
  readonly privileged: boolean
  readonly readOnlyRootfs: boolean
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
  readonly securityOpt: readonly string[]
  readonly groupAdd: readonly string[]
  readonly extraHosts: readonly string[]
  /** `CONTAINER` or `CONTAINER:ro`, as asked: what came of it stands in the record's mounts. */
  readonly volumesFrom?: readonly string[]
  readonly dns: readonly string[]
  readonly dnsSearch: readonly string[]
  readonly dnsOptions: readonly string[]
  readonly init: boolean
  readonly shmSize: number
  readonly sysctls: Readonly<Record<string, string>>
  readonly ulimits: Readonly<Record<string, {readonly soft: number; readonly hard: number}>>
  readonly resources: ResourceLimits
  /** `none`: nothing that it writes is kept. */
  readonly log: {readonly maxSize: number; readonly maxFiles: number; readonly driver?: 'none'}
  /** Whose processes it sees; undefined: its own. The container is an id. */
  readonly pidMode?: SharedMode
  /** undefined is private. `none`: private and without /dev/shm. */
  readonly ipcMode?: SharedMode | 'private' | 'shareable' | 'none'
  readonly utsMode?: SharedMode
  readonly cgroupMode?: 'host' | 'private'
  /** Absolute, or below stack's own. */
  readonly cgroupParent?: string
  readonly usernsMode?: 'host'
  /** Instead of the usual ones. */
  readonly maskedPaths?: readonly string[]
  readonly readOnlyPaths?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  /** The daemon's socket is there as /var/run/docker.sock. */
  readonly apiSocket?: boolean
}

/** A namespace of the host's or of another container. */
export type SharedMode = 'host' | `container:${string}`

export type ResourceLimits = HostResources & {
  /** Billionths of a CPU, as Docker's NanoCpus. */
  readonly nanoCpus?: number
  readonly cpuShares?: number
  readonly cpuset?: string
  readonly memory?: number
  readonly memoryReservation?: number
  readonly memorySwap?: number
  /** -1 without limit. */
  readonly pids?: number
  readonly oomScoreAdj?: number
}

export type PortBinding = {
  readonly target: number
  readonly protocol: 'tcp' | 'udp'
  /** '' is every address of the host. */
  readonly hostIp: string
  /** `8080`, a range to pick from `8000-8010`, or '' for any free one. */
  readonly hostPort: string
}

export type EndpointConfig = {
  readonly network: string
  readonly aliases: readonly string[]
  readonly ipv4Address?: string
  readonly ipv6Address?: string
  readonly macAddress?: string
  /** 'dnsrr': the service has no address of its own, its name gives those of the replicas. */
  readonly mode?: 'dnsrr'
  /** In addition; without a length those of 169.254.0.0/16 have 16 bits, those of fe80::/10 64, others all. */
  readonly linkLocalIps?: readonly string[]
  /** `NAME:ALIAS`: what the container calls another; nobody else does. */
  readonly links?: readonly string[]
  /** In Docker's words: `com.docker.network.endpoint.ifname`. */
  readonly options?: Readonly<Record<string, string>>
  /** The highest of those that lead outside has the default route; of equals the first. */
  readonly gatewayPriority?: number
}

export type MountRecord =
  | {
      readonly type: 'bind'
      readonly source: string
      readonly target: string
      readonly readOnly: boolean
      readonly propagation?: string
      /** Of what is mounted below the source: 'disabled' leaves it out, 'writable' makes it not read-only. */
      readonly recursive?: 'disabled' | 'writable' | 'readonly'
    }
  | {
      readonly type: 'volume'
      readonly name: string
      readonly anonymous: boolean
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
  /** Content kept beside config.json (`containers/<id>/files/<index>`): configs and secrets. */
  | {
      readonly type: 'file'
      readonly index: number
      readonly target: string
      readonly uid: number
      readonly gid: number
      readonly mode: number
    }

/** What a container does, computed from its record, `exit`, and its monitor; never stored as such. */
export type ContainerState = {
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  readonly pid: number
  readonly exitCode: number
  readonly oomKilled: boolean
  /** Why the last start failed, else ''. */
  readonly error: string
  /** Milliseconds since the epoch; 0: never. */
  readonly startedAt: number
  readonly finishedAt: number
}

/** `containers/<id>/exit`, written by the monitor at the end of the program. */
export type ExitRecord = {
  readonly code: number
  readonly signal: number
  readonly oom: boolean
  readonly startedAt: number
  readonly finishedAt: number
}
