import type {HealthcheckConfig} from '../model/container.ts'

/** Pure: what a probe's outcome means. Milliseconds in and out; no clock. */
export type Health = {
  readonly status: 'starting' | 'healthy' | 'unhealthy'
  readonly failingStreak: number
  /** When the last failure that counts was seen, or the start. */
  readonly countedAt: number
  readonly startedAt: number
  /** Probes made so far. */
  readonly probes: number
  /** The last five. */
  readonly log: readonly ProbeRecord[]
}

export type ProbeRecord = {
  readonly start: number
  readonly end: number
  readonly exitCode: number
  readonly output: string
}

export const freshHealth = (now: number): Health => ({
  status: 'starting',
  failingStreak: 0,
  countedAt: now,
  startedAt: now,
  probes: 0,
  log: [],
})

const firstDelay = 100
const earlyLimit = 1000

/**
 * When to probe next. Until the first success it looks often (100 ms, growing to 1 s), so that a dependent starts the
 * moment that it can; from then on at the interval.
 */
export function nextProbe(health: Health, config: HealthcheckConfig): number {
  if (health.status !== 'starting') return config.interval
  return Math.min(config.interval, earlyLimit, firstDelay * 1.3 ** health.probes)
}

/**
 * Takes a probe in. A failure counts towards `retries` only as often as the interval says, however often was looked,
 * and not within the start period: the verdict "unhealthy" comes when Docker's would.
 */
export function afterProbe(health: Health, config: HealthcheckConfig, probe: ProbeRecord): Health {
  const seen = {...health, probes: health.probes + 1, log: [...health.log, probe].slice(-5)}
  if (probe.exitCode === 0) return {...seen, status: 'healthy', failingStreak: 0, countedAt: probe.end}
  if (health.status === 'starting') {
    if (probe.end - health.startedAt < config.startPeriod) return {...seen, countedAt: probe.end}
    if (probe.end - health.countedAt < config.interval) return seen
  }
  const failingStreak = health.failingStreak + 1
  const status = failingStreak >= config.retries ? 'unhealthy' : health.status
  return {...seen, status, failingStreak, countedAt: probe.end}
}
