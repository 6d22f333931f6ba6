import type {PortQuestion, TakenPort} from '../model/port.ts'
import type {Build} from '../model/project.ts'
import type {ImageLibrary} from './images.ts'
import type {Upkeep} from './upkeep.ts'
import type {ContainerSpec, NetworkSpec, VolumeSpec} from './wanted.ts'

export type {ContainerSpec, NetworkSpec, VolumeSpec}

/**
 * What a plan needs of an engine: observe, perform, streams. Implemented by the Engine API (ours, Docker, Podman)
 * and by memory. Methods reject with StackError; ids are opaque.
 */
export interface Engine {
  /** How it is called in messages: `stack`, `docker at unix:///var/run/docker.sock`. */
  readonly name: string
  readonly capabilities: EngineCapabilities
  /** An engine that keeps no images has none. */
  readonly library?: ImageLibrary
  readonly upkeep?: Upkeep
  version(): Promise<{readonly version: string; readonly apiVersion: string}>

  /** Everything of one project, by its labels; the only read that planning needs. */
  observe(project: string): Promise<Actual>
  /** The containers of every project here: what `ls` shows. */
  observeAll(): Promise<readonly ActualContainer[]>

  /** Makes the image present; `progress` is told what is being fetched. Errors: image-not-found, image-failed. */
  ensureImage(
    reference: string,
    policy: 'always' | 'never' | 'missing',
    progress?: (text: string) => void,
    /** `linux/386`; the engine's own unless said. */
    platform?: string,
  ): Promise<ImageFacts>
  /** The image as it is present, or undefined. */
  findImage(reference: string): Promise<ImageFacts | undefined>

  /** Makes the image from source, with its names; `progress` is told each step. Errors: build-failed, unsupported. */
  buildImage(spec: BuildSpec, options: BuildOptions): Promise<ImageFacts>

  /** Takes the name from the image, and removes what has none then. Idempotent. Errors: conflict while it is in use. */
  removeImage(reference: string): Promise<void>

  createNetwork(spec: NetworkSpec): Promise<void>
  removeNetwork(id: string): Promise<void>
  /** Every container that is on it, of whatever project, running or not. */
  networkUsers(id: string): Promise<ReadonlyArray<{readonly id: string; readonly name: string}>>
  /** Those of the ports that containers of the project would not get now, if the leaving ones had gone. Not every engine can tell. */
  takenPorts?(asked: PortQuestion): Promise<readonly TakenPort[]>
  createVolume(spec: VolumeSpec): Promise<void>
  removeVolume(name: string): Promise<void>
  /** As networkUsers. */
  volumeUsers(name: string): Promise<ReadonlyArray<{readonly id: string; readonly name: string}>>

  /** Gives the id. Nothing of it is left when it fails. */
  createContainer(spec: ContainerSpec, warn?: (text: string) => void): Promise<string>
  startContainer(id: string): Promise<void>
  /** Signal, then SIGKILL after the grace period (milliseconds); resolves when it has ended. */
  stopContainer(id: string, options: {readonly grace?: number; readonly signal?: string}): Promise<void>
  killContainer(id: string, signal: string): Promise<void>
  /** Idempotent: one that is gone already is a success. Removes anonymous volumes with it when asked. */
  removeContainer(id: string, options: {readonly force?: boolean; readonly volumes?: boolean}): Promise<void>
  renameContainer(id: string, name: string): Promise<void>
  pauseContainer(id: string): Promise<void>
  unpauseContainer(id: string): Promise<void>
  /** What runs in it, as `ps -ef` words it. */
  processes(id: string): Promise<{readonly titles: readonly string[]; readonly rows: ReadonlyArray<readonly string[]>}>
  /** What its programs have used until now, of one that runs. Errors: not-found. */
  usage(id: string): Promise<Usage>

  /**
   * Changes files of containers, running or not, in order: what is there is replaced, missing directories are made, and
   * all belongs to the user whom the container runs as. What became of each, in their order; reasons: not-found, conflict.
   */
  changeFiles(
    ids: readonly string[],
    changes: readonly FileChange[],
  ): Promise<ReadonlyArray<PromiseSettledResult<void>>>

  inspectContainer(id: string): Promise<ActualContainer | undefined>
  /** What happens to the project's containers from the moment of the call on, until `signal`: nothing in between is missed. */
  events(project: string, signal: AbortSignal): AsyncIterable<EngineEvent>
  logs(id: string, options: LogOptions): AsyncIterable<LogChunk>
  exec(id: string, spec: ExecSpec, streams: Streams): Promise<number>
  close(): Promise<void>
}

/** At an absolute path of a container; modes are the lower twelve bits. */
export type FileChange = {readonly path: string} & (
  | {readonly kind: 'file'; readonly data: Uint8Array; readonly mode: number}
  | {readonly kind: 'directory'; readonly mode: number}
  | {readonly kind: 'symlink'; readonly target: string}
  /** With all that is below; what is not there is fine. */
  | {readonly kind: 'gone'}
)

/** Absolute paths of this machine; `shownAs` is how messages call the Dockerfile. */
export type BuildSpec = Omit<Build, 'secrets' | 'contexts' | 'ssh'> & {
  /** By id: an agent's socket or a key. */
  readonly ssh: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, Uint8Array>>
  readonly contexts: Readonly<
    Record<string, {readonly path: string} | {readonly image: string} | {readonly address: string}>
  >
  readonly name: string
  readonly shownAs: string
  /** `linux/amd64`; the engine's own unless said. */
  readonly platform?: string
}
export type BuildOptions = {readonly progress?: (text: string) => void; readonly signal?: AbortSignal}

export type EngineCapabilities = {
  /** A port of a service is published once and spread over its replicas. */
  readonly sharedPorts: boolean
}

export type Actual = {
  /** Of the project. */
  readonly containers: readonly ActualContainer[]
  /** Every network and volume of the engine: external ones, and names that others have taken, matter to a plan too. */
  readonly networks: readonly ActualNetwork[]
  readonly volumes: readonly ActualVolume[]
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
export type HealthStatus = 'starting' | 'healthy' | 'unhealthy' | 'none'

export type ActualContainer = {
  readonly id: string
  /** Without Docker's leading slash. */
  readonly name: string
  readonly service: string
  readonly number: number
  readonly oneoff: boolean
  readonly configHash: string
  readonly image: string
  readonly imageId: string
  /** As one line. */
  readonly command: string
  readonly status: ContainerStatus
  readonly health: HealthStatus
  readonly exitCode: number
  /** What kept it from starting, else ''. */
  readonly error: string
  /** Milliseconds since the epoch. */
  readonly created: number
  readonly startedAt?: number
  readonly finishedAt?: number
  readonly restarts: number
  readonly labels: Readonly<Record<string, string>>
  readonly ports: ReadonlyArray<{
    readonly target: number
    readonly protocol: string
    readonly hostIp: string
    readonly published: number
  }>
  /** Names of the networks and the address on each. */
  readonly networks: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
  /** Names of volumes by where they are mounted. */
  readonly mountedVolumes?: Readonly<Record<string, string>>
  readonly tty: boolean
}

/** Counts since the container started; what two of them say of the time between is in execute/statistics.ts. */
export type Usage = {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Nanoseconds, of all CPUs together. */
  readonly cpu: number
  /** Bytes, without the cache that can be had back at once. */
  readonly memory: number
  readonly memoryLimit: number
  /** Bytes of all its networks. */
  readonly received: number
  readonly sent: number
}

export type ActualNetwork = {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}
export type ActualVolume = {readonly name: string; readonly labels: Readonly<Record<string, string>>}
export type ImageFacts = {
  readonly id: string
  readonly reference: string
  readonly hasHealthcheck: boolean
  /** `linux/amd64`; undefined: not known. */
  readonly platform?: string
  /** When it was last fetched, or found to be the newest; undefined: not known. */
  readonly checkedAt?: number
}

export type EngineEvent = {
  /** Docker's words: create start die stop kill restart destroy oom health_status. */
  readonly action: string
  readonly container: string
  readonly name: string
  readonly service: string
  readonly number: number
  readonly exitCode?: number
  readonly health?: HealthStatus
  readonly at: number
}

export type LogOptions = {
  readonly follow?: boolean
  /** Number of last lines; undefined: all. */
  readonly tail?: number
  /** Milliseconds since the epoch. */
  readonly since?: number
  readonly until?: number
  readonly timestamps?: boolean
  readonly signal?: AbortSignal
}
export type LogChunk = {readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array}

export type ExecSpec = {
  readonly command: readonly string[]
  readonly tty: boolean
  readonly stdin: boolean
  readonly detach?: boolean
  readonly environment?: readonly string[]
  readonly user?: string
  readonly workingDir?: string
  readonly privileged?: boolean
}

/** The two ends that a program talks to; `resized` tells of a new terminal size. */
export type Streams = {
  readonly stdin?: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly size?: () => {rows: number; columns: number}
  readonly resized?: (listener: () => void) => () => void
}
