const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Milliseconds of `1m30s`, or undefined where the text is no duration; every number needs its unit. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|[smhdw]))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|[smhdw])/g)) {
    total += Number(amount) * units[unit!]!
  }
  // 1.1s is 1100 ms, whatever the product of the two floats says.
  return Number.isFinite(total) ? Number(total.toFixed(6)) : undefined
}

/** The way the reference prints it: `1m30s`, `1h0m0s`, `1.5s`, `500ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  if (milliseconds < 0.001) return `${round(milliseconds * 1e6)}ns`
  if (milliseconds < 1) return `${round(milliseconds * 1000)}µs`
  if (milliseconds < 1000) return `${round(milliseconds)}ms`
  const hours = Math.floor(milliseconds / 3_600_000)
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000)
  const seconds = `${round((milliseconds % 60_000) / 1000)}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

const round = (amount: number): number => Number(amount.toFixed(9))
