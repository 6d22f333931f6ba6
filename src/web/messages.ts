import type {ContainerStatus, HealthStatus} from '../engine/engine.ts'
import type {Load} from '../execute/statistics.ts'
import type {DependencyCondition} from '../model/project.ts'

/** What the server tells the page, in the order of things. The first message of a stream is `all`. */
export type Message =
  | ({readonly kind: 'all'} & Everything)
  | {readonly kind: 'services'; readonly services: readonly ServiceState[]}
  | {readonly kind: 'loads'; readonly loads: Loads; readonly points: Readonly<Record<string, Point>>}
  | {readonly kind: 'lines'; readonly lines: readonly LogLine[]}
  | {readonly kind: 'work'; readonly work: Work}
  /** The engine cannot be asked; '': it can again. */
  | {readonly kind: 'trouble'; readonly text: string}
  | {readonly kind: 'ended'}

export type Everything = {
  readonly project: string
  readonly services: readonly ServiceState[]
  readonly loads: Loads
  /** By service, oldest first. */
  readonly history: Readonly<Record<string, readonly Point[]>>
  readonly lines: readonly LogLine[]
  readonly works: readonly Work[]
  readonly trouble: string
}

export type ServiceState = {
  readonly name: string
  readonly image: string
  readonly dependsOn: ReadonlyArray<{readonly name: string; readonly condition: DependencyCondition}>
  /** What runs it instead of containers; '': nothing. */
  readonly provider: string
  /** Why its number of containers cannot be changed; '': it can. */
  readonly fixed: string
  readonly replicas: readonly Replica[]
}

export type Replica = {
  readonly id: string
  readonly name: string
  readonly number: number
  readonly status: ContainerStatus
  readonly health: HealthStatus
  readonly exitCode: number
  readonly ports: readonly Port[]
}

/** One that is not published has no number outside: 0. */
export type Port = {
  readonly target: number
  readonly protocol: string
  readonly hostIp: string
  readonly published: number
}

/** By id of the container; of those that run. */
export type Loads = Readonly<Record<string, Load>>

/** What all containers of a service used together at one moment. */
export type Point = Pick<Load, 'cpu' | 'memory' | 'received' | 'sent'>

export type LogLine = {
  readonly id: number
  readonly service: string
  /** `web-1` */
  readonly source: string
  readonly isError: boolean
  /** As the engine writes it: `2026-01-02T13:23:37.123456789Z`. */
  readonly at: string
  readonly text: string
}

export type Order = {readonly service: string} & (
  | {readonly what: 'scale'; readonly to: number}
  | {readonly what: 'restart'}
)

export type Work = {
  readonly id: number
  readonly order: Order
  readonly phase: 'waiting' | 'working' | 'done' | 'failed'
  /** Why it failed. */
  readonly error?: string
}

/** How much is kept, on both sides. */
export const limits = {
  /** Milliseconds between two points. */
  period: 2000,
  /** Five minutes. */
  points: 150,
  /** Of one service, and of all. */
  lines: 300,
  allLines: 5000,
  works: 20,
  replicas: 100,
} as const
