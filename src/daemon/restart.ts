/** Pure: what to do about a container that has ended. Milliseconds in, milliseconds out; no clock. */
export type History = {
  readonly exitCode: number
  readonly ranFor: number
  /** Restarts in a row so far. */
  readonly attempts: number
  readonly stoppedByUser: boolean
}

export type Policy = {
  readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped'
  readonly maximumRetryCount: number
  /** Before each restart; undefined: one that grows. */
  readonly delay?: number
  /** Instead of `calm`. */
  readonly window?: number
}

export type Verdict =
  | {readonly restart: false; readonly because: string}
  | {readonly restart: true; readonly after: number}

/** A program that ran this long is calm: its next restart is the first again. */
const calm = 10_000
const firstDelay = 100
const longestDelay = 60_000

export function judge(policy: Policy, {exitCode, ranFor, attempts, stoppedByUser}: History): Verdict {
  if (stoppedByUser) return {restart: false, because: 'stopped by the user'}
  if (policy.name === 'no') return {restart: false, because: 'its restart policy is "no"'}
  if (policy.name === 'on-failure') {
    if (exitCode === 0) return {restart: false, because: 'exited with 0'}
    if (policy.maximumRetryCount > 0 && attempts >= policy.maximumRetryCount) {
      return {restart: false, because: `failed after ${attempts} restarts`}
    }
  }
  const growing = isCalm(policy, ranFor) ? firstDelay : Math.min(firstDelay * 2 ** attempts, longestDelay)
  return {restart: true, after: policy.delay ?? growing}
}

/** Whether a run counts as a success, so that restarts are counted from nothing again. */
export const isCalm = ({window = calm}: Policy, ranFor: number): boolean => ranFor >= window
