import {delay} from '../../../base/delay.ts'
import {RegistryFailure} from './failure.ts'

/** How long a registry is borne with. All in milliseconds. */
export type Patience = {
  /** Tries of one request, the first included; of a download, tries in a row that bring nothing. */
  readonly attempts: number
  /** Before the second try; doubled for each further one. */
  readonly firstDelay: number
  readonly longestDelay: number
  /** The longest `Retry-After` that is heeded; who asks for more is not waited for. */
  readonly longestWait: number
  /** Nothing comes for so long: the connection is given up. */
  readonly stall: number
}

export const ordinaryPatience: Patience = {
  attempts: 5,
  firstDelay: 500,
  longestDelay: 10_000,
  longestWait: 60_000,
  stall: 30_000,
}

/** Milliseconds to wait after so many failures, or undefined where it is time to give up. `chance` is 0 to 1. */
export function pause(
  patience: Patience,
  failures: number,
  wait: number | undefined,
  chance: number,
): number | undefined {
  if (failures >= patience.attempts) return undefined
  if (wait !== undefined) return wait > patience.longestWait ? undefined : wait
  const full = Math.min(patience.firstDelay * 2 ** (failures - 1), patience.longestDelay)
  return full / 2 + (full / 2) * chance
}

/** Tries again what failed in passing, with growing pauses. The last failure is thrown. */
export async function retrying<T>(
  patience: Patience,
  signal: AbortSignal | undefined,
  action: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await action()
    } catch (error) {
      await waitOrThrow(patience, failures, error, signal)
    }
  }
}

/** Waits before another try; throws `error` where there should be none. */
export async function waitOrThrow(
  patience: Patience,
  failures: number,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!(error instanceof RegistryFailure) || !error.passing) throw error
  const milliseconds = pause(patience, failures, error.wait, Math.random())
  if (milliseconds === undefined || !(await delay(milliseconds, signal))) throw error
}
