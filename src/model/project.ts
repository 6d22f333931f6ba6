import type {CacheSource, CacheTarget} from './build-cache.ts'
import type {Rates} from './network.ts'
import type {HostResources} from './resources.ts'

/**
 * The canonical project: what a Compose file means, one form per field, nothing left to interpret.
 * Durations are milliseconds, sizes are bytes, paths on the host are absolute.
 * Follows the Compose Specification; field names are its names in camelCase.
 */
export type Project = {
  readonly name: string
  /** Absolute; relative paths of the files were resolved against it. */
  readonly workingDirectory: string
  /** Absolute paths of the files that were read, in merge order. */
  readonly files: readonly string[]
  /** Every service that is switched on (profiles applied), by name, sorted. */
  readonly services: Readonly<Record<string, Service>>
  /** Services that exist but whose profiles are not active. */
  readonly disabledServices: Readonly<Record<string, Service>>
  /** Only what a switched-on service uses (the rest is in the file but is not created). */
  readonly networks: Readonly<Record<string, Network>>
  readonly volumes: Readonly<Record<string, Volume>>
  readonly configs: Readonly<Record<string, FileObject>>
  readonly secrets: Readonly<Record<string, FileObject>>
}

export type Service = {
  readonly name: string
  /** Docker's or one with a scheme: `redis:7`, `host://`, `apt://redis-server`. */
  readonly image: string
  /** What its image is to be made for: `linux/amd64`. */
  readonly platform?: string
  /** How its image is made from source. */
  readonly build?: Build
  /** What runs it instead of a container; its scale is 0. */
  readonly provider?: Provider
  readonly pullPolicy: 'always' | 'never' | 'missing' | 'build'
  /** Milliseconds: an image that was looked for longer ago than this is looked for again. Of `missing` only. */
  readonly refreshAfter?: number
  /** null: the image's; []: none. */
  readonly command: readonly string[] | null
  readonly entrypoint: readonly string[] | null
  /** Resolved, env_file included; null takes the variable away even if the image sets it. */
  readonly environment: Readonly<Record<string, string | null>>
  readonly labels: Readonly<Record<string, string>>
  readonly containerName?: string
  readonly hostname?: string
  readonly domainname?: string
  readonly user?: string
  readonly workingDir?: string
  readonly tty: boolean
  readonly stdinOpen: boolean
  readonly init: boolean
  /** false: left out of `up` and `logs` unless named. */
  readonly attach: boolean
  readonly ports: readonly Port[]
  /** `80/tcp`: informational. */
  readonly expose: readonly string[]
  readonly mounts: readonly Mount[]
  readonly volumesFrom?: readonly VolumesFrom[]
  readonly configs: readonly FileGrant[]
  readonly secrets: readonly FileGrant[]
  /** 'bridge' kind: attached to `networks`. */
  readonly networkMode: 'networks' | 'none' | 'host' | `service:${string}` | `container:${string}`
  /** By key of Project.networks. */
  readonly networks: Readonly<Record<string, NetworkAttachment>>
  /** Of each replica, on each of its networks. */
  readonly networkLimits?: Rates
  readonly extraHosts: readonly string[]
  readonly dns: readonly string[]
  /** `.`: none; undefined: the host's. */
  readonly dnsSearch?: readonly string[]
  readonly dnsOptions?: readonly string[]
  readonly links?: readonly Link[]
  readonly dependsOn: Readonly<Record<string, Dependency>>
  readonly healthcheck?: Healthcheck
  readonly restart: RestartPolicy
  readonly scale: number
  readonly stopSignal?: string
  /** Milliseconds; undefined: 10 s. */
  readonly stopGracePeriod?: number
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
  readonly privileged: boolean
  readonly readOnly: boolean
  readonly securityOpt: readonly string[]
  readonly resources: Resources
  readonly ulimits: Readonly<Record<string, {readonly soft: number; readonly hard: number}>>
  readonly sysctls: Readonly<Record<string, string>>
  readonly groupAdd: readonly string[]
  readonly shmSize?: number
  readonly logging?: {readonly driver?: string; readonly options: Readonly<Record<string, string>>}
  /** Containers that run to their end, one after the other, before the first replica starts. */
  readonly preStart?: readonly PreStart[]
  /** Run inside each container after its start, in order. */
  readonly postStart?: readonly Hook[]
  /** Run inside each container before it is asked to stop, in order. */
  readonly preStop?: readonly Hook[]
  readonly profiles: readonly string[]
  /** Whose processes it sees; undefined: its own. */
  readonly pidMode?: Shared
  /** undefined: private, as Docker has it. `none`: private and without /dev/shm. */
  readonly ipcMode?: Shared | 'private' | 'shareable' | 'none'
  readonly utsMode?: Shared
  readonly cgroupMode?: 'host' | 'private'
  /** Absolute, or below stack's own. */
  readonly cgroupParent?: string
  readonly usernsMode?: 'host'
  readonly annotations?: Readonly<Record<string, string>>
  readonly useApiSocket?: boolean
  /** What to do in its containers when files of the host change. No part of what a container is made of. */
  readonly watch?: readonly WatchRule[]
}

export type WatchAction = 'rebuild' | 'restart' | 'sync' | 'sync+restart' | 'sync+exec'

export type WatchRule = {
  readonly action: WatchAction
  /** Absolute: a file, or a directory with all below. */
  readonly path: string
  /** Where that is in the container; '' where the action writes nothing there. */
  readonly target: string
  /** In the syntax of .dockerignore, relative to `path`; what is ignored is so although it is included. */
  readonly ignore: readonly string[]
  /** None: all. */
  readonly include: readonly string[]
  /** All that is there goes into the containers when watching begins. */
  readonly initialSync: boolean
  /** Of sync+exec: run in each container after its files have changed. */
  readonly exec?: Hook
  /** Directory whose .dockerignore is heeded: the service's build context. */
  readonly context?: string
}

/** A namespace that is not a container's own. */
export type Shared = 'host' | `service:${string}` | `container:${string}`
/** A program that runs a service in a way of its own. */
export type Provider = {
  /** `docker-TYPE` or `TYPE` in PATH. */
  readonly type: string
  readonly options: Readonly<Record<string, readonly string[]>>
}

/** A container of a service's own that has to end with 0 before the service starts. */
export type PreStart = Omit<Hook, 'command'> & {
  readonly image: string
  /** null: the image's. */
  readonly command: readonly string[] | null
}

/** A command that is run inside a running container. */
export type Hook = {
  readonly command: readonly string[]
  readonly user?: string
  readonly privileged: boolean
  readonly workingDir?: string
  /** Beside the container's own. */
  readonly environment: Readonly<Record<string, string>>
}

export type Port = {
  /** DNS gives the port by it: `_NAME._tcp.SERVICE`. */
  readonly name?: string
  /** Port inside the container. */
  readonly target: number
  /** `8080`, a range `8000-8010` to pick from, or undefined for any free port. */
  readonly published?: string
  readonly hostIp?: string
  readonly protocol: 'tcp' | 'udp'
}

export type Mount =
  | {
      readonly type: 'bind'
      readonly source: string
      readonly target: string
      readonly readOnly: boolean
      readonly createHostPath: boolean
      readonly propagation?: string
      /** Of what is mounted below the source: 'disabled' leaves it out, 'writable' keeps it as it is. */
      readonly recursive?: 'disabled' | 'writable' | 'readonly'
    }
  /** `source` is a key of Project.volumes; undefined: anonymous. */
  | {
      readonly type: 'volume'
      readonly source?: string
      readonly target: string
      readonly readOnly: boolean
      readonly nocopy: boolean
      readonly subpath?: string
      /** Of an anonymous one. */
      readonly labels?: Readonly<Record<string, string>>
    }
  | {
      readonly type: 'tmpfs'
      readonly target: string
      readonly size?: number
      readonly mode?: number
      readonly options?: string
    }

/** Whose binds and volumes a container has too, where it has none of its own. */
export type VolumesFrom = ({readonly service: string} | {readonly container: string}) & {readonly readOnly: boolean}

/** A config or secret given to a service as a file. */
export type FileGrant = {
  /** Key of Project.configs or Project.secrets. */
  readonly source: string
  /** Absolute path in the container. */
  readonly target: string
  readonly uid?: string
  readonly gid?: string
  readonly mode?: number
}

/** Another name for a service, or for a container of anybody's, that only this service sees. */
export type Link = {
  readonly alias: string
} & ({readonly service: string} | {readonly container: string})

export type NetworkAttachment = {
  readonly aliases: readonly string[]
  readonly ipv4Address?: string
  readonly ipv6Address?: string
  readonly macAddress?: string
  /** 'dnsrr': no address for the service, its name gives those of the replicas. */
  readonly mode?: 'dnsrr'
  readonly priority: number
  readonly gatewayPriority: number
  readonly interfaceName?: string
  /** Given in addition, on the same interface. */
  readonly linkLocalIps?: readonly string[]
  readonly driverOptions?: Readonly<Record<string, string>>
}

export type DependencyCondition = 'service_started' | 'service_healthy' | 'service_completed_successfully'
export type Dependency = {
  readonly condition: DependencyCondition
  readonly restart: boolean
  readonly required: boolean
}

export type Healthcheck = {
  readonly disable: boolean
  /** ['CMD', …], ['CMD-SHELL', line]; undefined: the image's. */
  readonly test?: readonly string[]
  readonly interval?: number
  readonly timeout?: number
  readonly retries?: number
  readonly startPeriod?: number
  readonly startInterval?: number
}

export type RestartPolicy = {
  readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped'
  /** Of on-failure; 0: without end. */
  readonly maximumRetryCount: number
  /** Before each restart, instead of one that grows. */
  readonly delay?: number
  /** A run as long as this is a success, so that counting begins anew. */
  readonly window?: number
}

export type Resources = HostResources & {
  /** In CPUs: 0.5 is half of one. */
  readonly cpus?: number
  readonly cpuShares?: number
  readonly cpuset?: string
  readonly memory?: number
  readonly memoryReservation?: number
  /** Memory and swap together; -1 without limit. */
  readonly memorySwap?: number
  /** -1 without limit. */
  readonly pids?: number
  readonly oomScoreAdj?: number
}

export type Network = {
  readonly key: string
  /** Name on the engine: `<project>_<key>` unless said otherwise. */
  readonly name: string
  readonly external: boolean
  readonly driver: string
  readonly driverOptions: Readonly<Record<string, string>>
  readonly internal: boolean
  readonly attachable: boolean
  readonly enableIpv6: boolean
  readonly ipam: ReadonlyArray<{
    readonly subnet?: string
    readonly gateway?: string
    /** Where addresses are taken from, within the subnet. */
    readonly ipRange?: string
    /** Of others, by their names: never given to a container. */
    readonly auxAddresses?: Readonly<Record<string, string>>
  }>
  readonly labels: Readonly<Record<string, string>>
}

export type Volume = {
  readonly key: string
  readonly name: string
  readonly external: boolean
  readonly driver: string
  readonly driverOptions: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

/** A config or a secret. Its content is read when the project is loaded, so that a change of it is seen. */
export type Build = {
  /** An absolute directory, or what is nowhere on this machine: `https://…`. */
  readonly context: string
  /** Below the context, or absolute. */
  readonly dockerfile: string
  /** Its text, instead. */
  readonly dockerfileInline?: string
  readonly target?: string
  /** Further names of the image. */
  readonly tags: readonly string[]
  readonly args: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** Directories are absolute. */
  readonly cacheFrom: readonly CacheSource[]
  readonly cacheTo: readonly CacheTarget[]
  /** `id` is what RUN calls it, `key` one of Project.secrets. */
  readonly secrets: ReadonlyArray<{readonly id: string; readonly key: string}>
  /** By name: a directory, `service:NAME`, or an image. */
  readonly contexts: Readonly<Record<string, string>>
  readonly network?: string
  readonly extraHosts: readonly string[]
  readonly shmSize?: number
  readonly ulimits: Readonly<Record<string, {readonly soft: number; readonly hard: number}>>
  readonly privileged: boolean
  /** By id: an agent's socket or a key, absolute; null: the agent of whoever asks. */
  readonly ssh: Readonly<Record<string, string | null>>
  readonly noCache: boolean
  readonly noCacheFilter: readonly string[]
  readonly pull: boolean
}

export type FileObject = {
  readonly key: string
  readonly name: string
  readonly origin:
    | {readonly from: 'file'; readonly path: string}
    | {readonly from: 'environment'; readonly variable: string}
    | {readonly from: 'content'}
  readonly content: Uint8Array
  readonly labels: Readonly<Record<string, string>>
}
