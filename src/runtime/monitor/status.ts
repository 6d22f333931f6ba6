import type {ExitRecord} from '../../model/container.ts'

/** What a monitor says of its program. `alive` is held before its exec, or running. */
export type MonitorStatus =
  | {readonly kind: 'alive'; readonly pid: number; readonly startedAt: number; readonly isHeld: boolean}
  | {readonly kind: 'exited'; readonly exit: ExitRecord}

/** `held PID STARTED`, `running PID STARTED` or `exited CODE SIGNAL OOM STARTED FINISHED`. */
export function statusOf([word, ...rest]: readonly string[]): MonitorStatus {
  if (word !== 'exited') {
    const [pid = 0, startedAt = 0] = rest.map(Number)
    return {kind: 'alive', pid, startedAt, isHeld: word === 'held'}
  }
  const [code = 0, signal = 0, oom = 0, startedAt = 0, finishedAt = 0] = rest.map(Number)
  return {kind: 'exited', exit: {code, signal, oom: oom === 1, startedAt, finishedAt}}
}
