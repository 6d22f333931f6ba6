import type {SourceFile} from '../base/diagnostic.ts'
import type {CacheSource, CacheTarget} from '../model/build-cache.ts'
import type {Image} from '../model/image.ts'
import type {Images} from '../runtime/runtime.ts'

/** What is to be built, all of it read already but for the context's files. */
export type BuildRequest = {
  readonly dockerfile: SourceFile
  /** A directory of this machine. */
  readonly context: string
  /** Text of the file that says what of the context is left out. */
  readonly ignore: string
  /** The last stage unless said. */
  readonly target?: string
  readonly args: Readonly<Record<string, string>>
  /** Milliseconds: no time in the image is later. */
  readonly epoch?: number
  readonly tags: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly noCache: boolean
  /** Where steps of other builds are taken from, and where this one's are kept. */
  readonly cacheFrom: readonly CacheSource[]
  readonly cacheTo: readonly CacheTarget[]
  /** Stages that are built anew. */
  readonly noCacheFilter: readonly string[]
  /** Asks for newer base images. */
  readonly pull: boolean
  readonly network: 'default' | 'none' | 'host'
  readonly extraHosts: readonly string[]
  readonly shmSize?: number
  readonly ulimits: Ulimits
  readonly privileged: boolean
  readonly secrets: Readonly<Record<string, Uint8Array>>
  /** By id: an agent's socket, or a key. */
  readonly ssh: Readonly<Record<string, string>>
  /** By name: what FROM and `--from` mean by it. */
  readonly contexts: Readonly<Record<string, NamedContext>>
}

export type Ulimits = Readonly<Record<string, {readonly soft: number; readonly hard: number}>>

export type NamedContext =
  | {readonly kind: 'directory'; readonly path: string}
  | {readonly kind: 'image'; readonly reference: string}

export type BuildEvent =
  | {readonly kind: 'begin'; readonly step: string}
  | {readonly kind: 'cached'; readonly step: string}
  | {readonly kind: 'done'; readonly step: string; readonly milliseconds: number}
  /** A line that a step printed, or what a pull says. */
  | {readonly kind: 'output'; readonly step: string; readonly line: string}

export type Report = (event: BuildEvent) => void

/** A program in a container on top of a step; everything that it may see is said here. */
export type RunSpec = {
  readonly image: Image
  readonly command: readonly string[]
  readonly env: readonly string[]
  readonly user: string
  readonly workingDir: string
  readonly network: 'default' | 'none' | 'host'
  readonly extraHosts: readonly string[]
  readonly shmSize?: number
  readonly ulimits: Ulimits
  readonly privileged: boolean
  readonly mounts: readonly RunMount[]
  /** `NAME=value`; they are in memory alone. */
  readonly secretEnv: readonly string[]
}

export type RunMount =
  | {readonly type: 'bind'; readonly source: string; readonly target: string; readonly readOnly: boolean}
  | {readonly type: 'tmpfs'; readonly target: string; readonly size?: number}

export type RunResult = {
  readonly code: number
  /** What it changed: an upper directory for each overlay, which may be moved. */
  readonly changed: ReadonlyArray<{readonly target: string; readonly directory: string}>
  /** Takes the container away, with what was not moved. */
  remove(): Promise<void>
}

/** What a builder needs of the machine. */
export type BuildHost = {
  readonly images: Images
  /** Memory, not disk: what must not be left anywhere. */
  readonly runDirectory: string
  run(
    spec: RunSpec,
    options: {readonly onLine: (line: string) => void; readonly signal: AbortSignal},
  ): Promise<RunResult>
}
