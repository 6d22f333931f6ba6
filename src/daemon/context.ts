import type {Runtime} from '../runtime/runtime.ts'
import type {Events} from './events.ts'
import type {Execs} from './execs.ts'
import type {PendingAttaches} from './pending.ts'
import type {Supervisor} from './supervise.ts'

/** What every route works with. */
export type Daemon = {
  readonly version: string
  readonly startedAt: number
  readonly runtime: Runtime
  readonly events: Events
  readonly supervisor: Supervisor
  readonly execs: Execs
  readonly pending: PendingAttaches
}
