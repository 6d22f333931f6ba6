import type {ContainerRecord, ContainerState, ExitRecord} from '../../model/container.ts'

/** Why the last start failed: `containers/<id>/error`. Written by the daemon, gone at the next start. */
export type StartFailure = {
  readonly message: string
  readonly exitCode: number
  /** Of the run before, 0 where there was none. */
  readonly startedAt: number
  readonly finishedAt: number
}

/** A program that runs, or that waits to be released. */
export type Live = {
  readonly pid: number
  readonly startedAt: number
  /** The record of its end, after everything that goes with it has been cleared away. Never rejects. */
  readonly ended: Promise<ExitRecord>
  /** It was not yet let go when it was found. */
  readonly isHeld: boolean
  /** Ends our watching without ending the program. */
  readonly leave: () => void
  /** Settles with the reason where a held program could not be released. */
  released: Promise<StartFailure | undefined> | undefined
}

/** What is known of a container: all of it can be read again from its files, its monitor and the kernel. */
export type Entry = {
  record: ContainerRecord
  live: Live | undefined
  exit: ExitRecord | undefined
  failure: StartFailure | undefined
  isPaused: boolean
  isRemoving: boolean
}

export const newEntry = (record: ContainerRecord): Entry => ({
  record,
  live: undefined,
  exit: undefined,
  failure: undefined,
  isPaused: false,
  isRemoving: false,
})

export function stateOf({live, exit, failure, isPaused, isRemoving}: Entry): ContainerState {
  const ended = {
    pid: 0,
    exitCode: failure?.exitCode ?? exit?.code ?? 0,
    oomKilled: exit?.oom ?? false,
    error: failure?.message ?? '',
    startedAt: failure?.startedAt ?? exit?.startedAt ?? 0,
    finishedAt: failure?.finishedAt ?? exit?.finishedAt ?? 0,
  }
  if (isRemoving) return {status: 'removing', ...ended}
  if (live === undefined) return {status: ended.startedAt === 0 ? 'created' : 'exited', ...ended}
  return {
    status: isPaused ? 'paused' : 'running',
    pid: live.pid,
    exitCode: 0,
    oomKilled: false,
    error: '',
    startedAt: live.startedAt,
    finishedAt: 0,
  }
}
