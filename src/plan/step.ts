import type {ActualNetwork, ContainerSpec, NetworkSpec, VolumeSpec} from '../engine/engine.ts'
import type {Hook} from '../model/project.ts'

/** A container of a plan: one that exists has its id, one that a step creates has none yet. Steps share the object. */
export type ContainerRef = {
  readonly service: string
  readonly number: number
  /** Its name when the plan is done. */
  readonly name: string
  readonly id?: string
  /** It is none of the service's replicas: it runs before them, and `number` is its place in the list. */
  readonly hook?: 'pre_start'
}

export type PullPolicy = 'always' | 'never' | 'missing'

/** What the engine is asked to do: exactly one call each; the waits are none, they watch events. */
export type Operation =
  | {
      readonly kind: 'ensure-image'
      readonly image: string
      readonly policy: PullPolicy
      readonly platform?: string
    }
  | {readonly kind: 'remove-image'; readonly image: string}
  | {readonly kind: 'create-network'; readonly network: NetworkSpec}
  | {readonly kind: 'check-network'; readonly network: ActualNetwork; readonly users: readonly string[]}
  | {readonly kind: 'remove-network'; readonly network: ActualNetwork}
  | {readonly kind: 'create-volume'; readonly volume: VolumeSpec}
  | {readonly kind: 'check-volume'; readonly name: string; readonly users: readonly string[]}
  | {readonly kind: 'remove-volume'; readonly name: string}
  | {
      readonly kind: 'create-container'
      readonly container: ContainerRef
      readonly spec: ContainerSpec
      /** Its anonymous volumes are those of this one, too. */
      readonly volumesOf?: ContainerRef
    }
  | {readonly kind: 'rename-container'; readonly container: ContainerRef; readonly name: string}
  | {readonly kind: 'start-container'; readonly container: ContainerRef}
  | {readonly kind: 'stop-container'; readonly container: ContainerRef; readonly grace?: number}
  | {readonly kind: 'kill-container'; readonly container: ContainerRef; readonly signal: string}
  | {readonly kind: 'remove-container'; readonly container: ContainerRef; readonly volumes: boolean}
  | HookOperation
  | {readonly kind: 'wait-running'; readonly container: ContainerRef}
  | {readonly kind: 'wait-healthy'; readonly container: ContainerRef}
  | {readonly kind: 'wait-completed'; readonly container: ContainerRef}
  /** Starts it and waits for its end, which has to be one with 0. */
  | {readonly kind: 'run-container'; readonly container: ContainerRef}

export type HookMoment = 'post_start' | 'pre_stop'

/** A command inside the container; one before a stop whose container has ended by itself is none. */
export type HookOperation = {
  readonly kind: 'run-hook'
  readonly container: ContainerRef
  readonly moment: HookMoment
  /** Its place in the service's list. */
  readonly index: number
  readonly hook: Hook
}

export type OperationKind = Operation['kind']

export type Step = {
  readonly operation: Operation
  /** Why, in words: `configuration changed`, `scale 1 → 3`. */
  readonly because: string
  /** Steps that must have succeeded. */
  readonly after: readonly Step[]
  /** Steps that must be over, whatever came of them: dependencies that are not required. */
  readonly settled: readonly Step[]
  /** What is lost for good by it: `the data of volume "shop_data"`. To be confirmed between planning and executing. */
  readonly destroys?: string
}

/** What to do, in an order that respects every edge, and what is worth saying about it. */
export type Plan = {readonly steps: readonly Step[]; readonly warnings: readonly string[]}

/** The plan as text: what `plan` and `--dry-run` print. */
export function render(steps: readonly Step[]): string {
  const numbers = new Map(steps.map((step, index) => [step, `#${index + 1}`]))
  const list = (earlier: readonly Step[]) =>
    steps
      .filter(each => earlier.includes(each))
      .map(each => numbers.get(each)!)
      .join(', ')
  return steps
    .map(step => {
      const {operation, because, after, settled, destroys} = step
      const parts = [`${numbers.get(step)} ${operation.kind} ${subjectOf(operation)}: ${because}`]
      if (destroys !== undefined) parts.push(`(destroys ${destroys})`)
      if (after.length > 0) parts.push(`after ${list(after)}`)
      if (settled.length > 0) parts.push(`once ${list(settled)} ended`)
      return parts.join(' ')
    })
    .join('\n')
}

/** What an operation is about: `web.1`, `shop_default`, `redis:7`. */
export function subjectOf(operation: Operation): string {
  switch (operation.kind) {
    case 'ensure-image':
    case 'remove-image':
      return operation.image
    case 'create-network':
    case 'check-network':
    case 'remove-network':
      return operation.network.name
    case 'create-volume':
      return operation.volume.name
    case 'check-volume':
    case 'remove-volume':
      return operation.name
    default:
      return subjectOfContainer(operation.container)
  }
}

const subjectOfContainer = ({service, hook, number}: ContainerRef): string =>
  hook === undefined ? `${service}.${number}` : `${service}.${hook}[${number}]`

/** It watches, and asks nothing of the engine, or next to nothing. */
export const isWait = ({operation: {kind}}: Step): boolean => kind.startsWith('wait-') || kind === 'run-container'

/** Waits that nobody needs to succeed, and images that others use: their failure is worth a warning and no more. */
export function mayFail(steps: readonly Step[]): ReadonlySet<Step> {
  const optional = new Set(steps.flatMap(({settled}) => settled).filter(isWait))
  for (const step of steps) if (step.operation.kind === 'remove-image') optional.add(step)
  for (const {after} of steps) for (const each of after) optional.delete(each)
  return optional
}
