import type {ContainerRecord, ContainerState} from '../../model/container.ts'
import type {Endpoint} from '../../model/network.ts'
import type {PublishedPort} from '../../runtime/runtime.ts'
import type {Health} from '../health.ts'
import {humanDuration} from './duration.ts'

/** All that is known of one container, gathered by the caller. */
export type Observed = {
  readonly record: ContainerRecord
  readonly state: ContainerState
  readonly restarting: boolean
  readonly restarts: number
  readonly health: Health | undefined
  readonly endpoints: readonly Endpoint[]
  readonly published: readonly PublishedPort[]
  readonly networkIds: Readonly<Record<string, string>>
  readonly execIds: readonly string[]
  readonly logPath: string
  readonly volumePath: (name: string) => string
}

export const statusOf = ({state, restarting}: Observed): string => (restarting ? 'restarting' : state.status)

/** `Up 3 seconds (healthy)`, `Exited (0) 2 minutes ago`: docker ps' words, which clients parse. */
export function statusText(observed: Observed, now: number): string {
  const {state, health} = observed
  const ago = state.finishedAt === 0 ? '' : ` ${humanDuration(now - state.finishedAt)} ago`
  switch (statusOf(observed)) {
    case 'running':
      return `Up ${humanDuration(now - state.startedAt)}${health ? ` (${health.status === 'starting' ? 'health: starting' : health.status})` : ''}`
    case 'paused':
      return `Up ${humanDuration(now - state.startedAt)} (Paused)`
    case 'restarting':
      return `Restarting (${state.exitCode})${ago}`
    case 'created':
      return 'Created'
    case 'removing':
      return 'Removal In Progress'
    default:
      return `Exited (${state.exitCode})${ago}`
  }
}
