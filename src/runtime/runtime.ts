import type {Stats} from 'node:fs'
import type {Duplex, Readable} from 'node:stream'
import type {ContainerRecord, ContainerState, ExitRecord, PortBinding} from '../model/container.ts'
import type {Image} from '../model/image.ts'
import type {Endpoint, NetworkRecord} from '../model/network.ts'
import type {PortQuestion, TakenPort} from '../model/port.ts'
import type {Builds} from './image/builds.ts'
import type {Caches} from './image/caches.ts'
import type {ImageUsage} from './image/usage.ts'
import type {Paths} from './paths.ts'

/**
 * This machine's containers, images, networks and volumes, as the daemon uses them. Knows nothing of Compose or HTTP.
 * Methods reject with StackError (`not-found`, `conflict`, `start-failed`, …).
 */
export type Runtime = {
  readonly paths: Paths
  readonly containers: Containers
  readonly images: Images
  readonly networks: Networks
  readonly volumes: Volumes
}

export interface Containers {
  /** Reads what is on disk and connects to the monitors that answer; once, before anything else. */
  load(): Promise<void>
  list(): readonly ContainerRecord[]
  get(id: string): ContainerRecord | undefined
  named(name: string): ContainerRecord | undefined
  state(id: string): ContainerState
  /**
   * Writes the record and `files` (of its 'file' mounts, by index), prepares its directories. Undone on failure.
   * Gives what it will not have as it was asked for, since this host cannot.
   */
  create(record: ContainerRecord, files: readonly Uint8Array[]): Promise<readonly string[]>
  /**
   * Network, published ports, cgroup, monitor. With `hold` the program waits for `release`, so that nothing of its
   * output is missed. A failed start leaves nothing but the record, with the reason in its state.
   * Errors: program-not-found (exit code 126 or 127 in `exitCode`), start-failed, port-taken, network-failed.
   */
  start(id: string, options?: {hold?: boolean; env?: readonly string[]}): Promise<void>
  release(id: string): Promise<void>
  /** Signal, then SIGKILL after `grace` milliseconds; resolves when it has ended. Signals by number. */
  stop(id: string, options: {signal: number; grace: number}): Promise<void>
  signal(id: string, signal: number): Promise<void>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  /** Of one that does not run: its address, directories, cgroup, and anonymous volumes when asked. Idempotent. */
  remove(id: string, options: {volumes: boolean}): Promise<void>
  rename(id: string, name: string): Promise<void>
  resize(id: string, size: TerminalSize): Promise<void>
  attach(id: string, options: {stdin: boolean}): Promise<ProcessStream>
  exec(id: string, spec: ExecSpec): Promise<ProcessStream>
  /** Entries as they were written, oldest first, over rotated files; with `follow` until the container ends or `signal`. */
  logs(id: string, options: LogOptions): AsyncIterable<LogEntry>
  stats(id: string): Promise<ContainerStats>
  /**
   * Unpacks a tar archive, compressed or not, into a directory of a running container; no link leads out of its root.
   * Errors: bad-request, not-found, conflict.
   */
  putArchive(
    id: string,
    stream: AsyncIterable<Uint8Array>,
    options: Omit<PutArchive, 'owner'> & {readonly asUser: boolean},
  ): Promise<void>
  /** A running container's file, or directory with all below. Errors: bad-request, not-found. */
  getArchive(id: string, path: string): Promise<{readonly facts: ArchivedPath; readonly archive: Readable}>
  statPath(id: string, path: string): Promise<ArchivedPath>
  /** Host pids of everything in the container. */
  processes(id: string): Promise<readonly number[]>
  /** The listener is told once of each end, also of those that ended while no daemon ran. */
  onExit(listener: (id: string, exit: ExitRecord) => void): void
  close(): Promise<void>
}

export type PutArchive = {
  /** A directory of the container, absolute. */
  readonly path: string
  /** Whose all is to be, instead of whose the archive says. */
  readonly owner?: {readonly uid: number; readonly gid: number}
  /** A directory takes no other's place, nor another a directory's. */
  readonly keepKinds: boolean
  /** `.wh.NAME` removes NAME, as in an image's layer. */
  readonly whiteouts: boolean
}

export type ArchivedPath = {readonly name: string; readonly stats: Stats; readonly linkTarget: string}

export type TerminalSize = {readonly rows: number; readonly columns: number}

export type ExecSpec = {
  readonly command: readonly string[]
  /** In addition to the container's. */
  readonly env: readonly string[]
  readonly user: string
  readonly workingDir: string
  readonly tty: boolean
  readonly stdin: boolean
  readonly privileged: boolean
  readonly size?: TerminalSize
}

/**
 * A program's stdio. `io` reads as Docker's frames (`[1|2 0 0 0][length u32 BE][bytes]`) or, with a tty, as raw bytes;
 * writing to it is the program's stdin, ending it closes that. `exited` resolves after the last output was read.
 */
export type ProcessStream = {
  readonly io: Duplex
  readonly pid: number
  readonly exited: Promise<{readonly code: number}>
  resize(size: TerminalSize): Promise<void>
  signal(signal: number): Promise<void>
}

export type LogOptions = {
  readonly follow: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  /** Number of last entries; undefined: all. */
  readonly tail?: number
  /** Milliseconds since the epoch. */
  readonly since?: number
  readonly until?: number
  readonly signal?: AbortSignal
}
/** `time` is RFC 3339 with nanoseconds, as it stands in the log. */
export type LogEntry = {readonly stream: 'stdout' | 'stderr'; readonly text: string; readonly time: string}

export type ContainerStats = {
  /** Nanoseconds. */
  readonly cpuTotal: number
  readonly cpuUser: number
  readonly cpuSystem: number
  readonly systemCpu: number
  readonly onlineCpus: number
  readonly memoryUsage: number
  readonly memoryLimit: number
  readonly inactiveFile: number
  readonly pids: number
  readonly networks: Readonly<
    Record<
      string,
      {readonly rxBytes: number; readonly txBytes: number; readonly rxPackets: number; readonly txPackets: number}
    >
  >
}

export interface Images {
  /** What a builder of images works with; undefined where there is no store. */
  readonly builds?: Builds
  /** Steps of builds in registries; undefined where there is no store. */
  readonly caches?: Caches
  load(): Promise<void>
  list(): readonly Image[]
  /** By reference or id; only what is present. */
  find(reference: string): Image | undefined
  /** Makes it present. `progress` gets lines such as `redis-server 5:7.0.15: downloading 8 MB`. Errors: image-not-found, image-failed. */
  pull(reference: string, progress: (text: string) => void, options?: PullOptions): Promise<Image>
  /** Sends it to the registry that its name says. Errors: image-not-found, image-failed, unsupported. */
  push(
    reference: string,
    progress: (text: string) => void,
    options?: RegistryOptions & {readonly signal?: AbortSignal},
  ): Promise<{readonly digest: string; readonly size: number}>
  /** One name, or by id all; with its last tag the image goes, and the layers that no other has. Errors: image-not-found. */
  remove(reference: string): Promise<ImageRemoval>
  /** Lets a new reference mean an image that is present. Errors: image-not-found, bad-request. */
  tag(source: string, target: string): Promise<void>
  /** The images of a tar archive: `docker save`'s, or an OCI image layout. Errors: image-failed. */
  import(archive: AsyncIterable<Uint8Array>): Promise<readonly LoadedImage[]>
  /** An archive that both `docker load` and readers of OCI image layouts take. Errors: image-not-found, unsupported. */
  export(references: readonly string[]): Readable
  /** What is on the disk; `used` are ids of images. */
  usage(used: ReadonlySet<string>): Promise<ImageUsage>
  /** Removes images without a tag, or with `all` any, except those whose ids are `used`. */
  prune(options: {readonly all: boolean; readonly used: ReadonlySet<string>}): Promise<readonly ImageRemoval[]>
}

/** With the names that the archive gave it; it may have others. */
export type LoadedImage = {readonly image: Image; readonly names: readonly string[]}

/** `auth` is the Engine API's X-Registry-Auth: it comes before the credentials of `docker login`. */
export type RegistryOptions = {readonly auth?: string | undefined}

/** `platform` as `linux/386`: this machine's unless said. */
export type PullOptions = RegistryOptions & {readonly platform?: string | undefined}

/** `freed` is bytes on disk. */
export type ImageRemoval = {
  readonly id: string
  readonly untagged: readonly string[]
  readonly deleted: boolean
  readonly freed: number
}

export interface Networks {
  /** Reads records, makes bridges and rules right again where they are gone (a reboot, a flush by another tool). */
  load(): Promise<void>
  list(): readonly NetworkRecord[]
  find(nameOrId: string): NetworkRecord | undefined
  /** Chooses subnet and bridge name where not given. Errors: conflict, network-failed. */
  create(options: NetworkOptions): Promise<NetworkRecord>
  /** Errors: conflict while containers are attached. */
  remove(nameOrId: string): Promise<void>
  /**
   * Makes the container's namespace (pinned at `paths.container(id).netns`) and its endpoints, or finds them as they
   * were; the same addresses as the last time where still free.
   */
  attach(record: ContainerRecord): Promise<readonly Endpoint[]>
  /** Gives the host ports to the container: reserved here, spread over all that publish the same one for the same service. Errors: port-taken. */
  publish(record: ContainerRecord): Promise<readonly PublishedPort[]>
  /**
   * Whether new connections of its published ports and its services go to it. One with a healthcheck is not ready until
   * it is said to be; where none of those that share a port or a service is ready, all of them get connections.
   */
  setReady(id: string, isReady: boolean): Promise<void>
  /** Its program runs: new connections to its services' addresses may go to it, where it has a healthcheck once it is ready. */
  serve(record: ContainerRecord): Promise<void>
  /** Before it is told to stop, and when it has: it gets no new connections; those that stand are left alone. */
  withdraw(id: string): Promise<void>
  /** Those of the ports that replicas of the project's services would not get, and why. Nothing is reserved. */
  takenPorts(asked: PortQuestion): Promise<readonly TakenPort[]>
  /** Whether others get the connections that it would get. */
  hasOthers(id: string): boolean
  /** When its program has ended. The namespace and its addresses stay. */
  unpublish(id: string): Promise<void>
  /** When the container is removed: addresses; namespace and links go afterwards, also where this daemon is killed. Idempotent. */
  detach(id: string): Promise<void>
  endpoints(id: string): readonly Endpoint[]
  published(id: string): readonly PublishedPort[]
  /** Text of /etc/resolv.conf and /etc/hosts for a container. */
  resolvConf(record: ContainerRecord): Promise<string>
  hosts(record: ContainerRecord): string
  /** What a DNS server must know. */
  readonly names: NetworkNames
  /** Called, and waited for, when a network has been made or is about to go. */
  onChange(listener: () => Promise<void>): void
  /** What containers of the network send to port 53 of its gateway goes to `port` of it. */
  redirectDns(network: string, port: number | undefined): Promise<void>
  close(): Promise<void>
}

export type NetworkOptions = {
  readonly name: string
  readonly driver: string
  readonly options: Readonly<Record<string, string>>
  readonly internal: boolean
  readonly attachable: boolean
  readonly enableIpv6: boolean
  readonly subnet?: string
  readonly gateway?: string
  /** Where addresses are taken from, within the subnet. */
  readonly range?: string
  /** Of others, by their names: never given to a container. */
  readonly aux?: Readonly<Record<string, string>>
  /** A /64. */
  readonly subnet6?: string
  readonly gateway6?: string
  readonly labels: Readonly<Record<string, string>>
}

export type NetworkNames = {
  /** The endpoint that has an address, on whatever network. */
  at(address: string): Endpoint | undefined
  /** The endpoints that a name stands for on a network (by id). */
  find(network: string, name: string): readonly Endpoint[]
  /** What a container has of the network, and what it asked for of names. */
  of(container: string): NamesOfContainer | undefined
  /** The services of a network that have an address and this name. */
  services(network: string, name: string): readonly ServiceAddress[]
  serviceAt(address: string): ServiceAddress | undefined
}

export type ServiceAddress = {
  readonly network: string
  readonly service: string
  readonly address: string
  readonly address6?: string
}

export type NamesOfContainer = {
  readonly name: string
  readonly endpoints: readonly Endpoint[]
  /** DNS servers. */
  readonly dns: readonly string[]
  /** Search domains; undefined: the host's. */
  readonly search?: readonly string[]
  /** What only this container calls others: names of theirs by its own for them, in lower case. */
  readonly links?: Readonly<Record<string, readonly string[]>>
  /** Its connections to services' addresses are led to replicas. */
  readonly seesServices?: boolean
}

export type PublishedPort = PortBinding & {readonly hostPortNumber: number}

export type VolumeRecord = {
  readonly name: string
  readonly driver: string
  readonly options: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly created: number
  /** Host directory; of one with options only there while it is mounted. */
  readonly mountpoint: string
}

export interface Volumes {
  load(): Promise<void>
  list(): readonly VolumeRecord[]
  find(name: string): VolumeRecord | undefined
  create(options: {
    name: string
    driver: string
    options: Record<string, string>
    labels: Record<string, string>
  }): Promise<VolumeRecord>
  /** Mounts one that has options, when its first container starts. */
  use(name: string, container: string): Promise<void>
  /** As `use`, of what ran before: nothing is looked at. */
  hold(name: string, container: string): void
  /** Unmounts it after the last. Idempotent. */
  leave(name: string, container: string): Promise<void>
  /** Errors: not-found. Whether it is in use is the caller's question. */
  remove(name: string): Promise<void>
}
