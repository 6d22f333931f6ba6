import type {HealthStatus} from '../engine.ts'

export type StatusText = {
  readonly exitCode: number
  readonly health: HealthStatus
  /** Milliseconds since it started or ended, as far as the words tell. */
  readonly ago: number | undefined
}

/** What a list says only in words: `Up 3 seconds (healthy)`, `Exited (3) 2 minutes ago`. */
export function parseStatus(text: string): StatusText {
  const [, exitCode] = /^(?:Exited|Restarting) \((\d+)\)/.exec(text) ?? []
  return {exitCode: Number(exitCode ?? 0), health: healthIn(text), ago: agoIn(text)}
}

function healthIn(text: string): HealthStatus {
  const [, word] = /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(text) ?? []
  return (word as HealthStatus | undefined) ?? 'none'
}

const units: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_592_000_000,
  year: 31_536_000_000,
}

function agoIn(text: string): number | undefined {
  if (/Less than a second/.test(text)) return 0
  const [, amount, unit] = /(\d+|an?) (second|minute|hour|day|week|month|year)s?\b/.exec(text) ?? []
  if (amount === undefined) return undefined
  return (/^an?$/.test(amount) ? 1 : Number(amount)) * units[unit!]!
}
