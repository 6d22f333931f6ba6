const powers = 'kmgt'

/** Bytes each second of `10mbit`, `1.5gbit` or, in bytes, `800kbps`, as tc has it; `kibit` is 1024. undefined for others. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kmgt])?(i)?(bit|bps)$/i.exec(text)
  if (match === null || (match[3] !== undefined && match[2] === undefined)) return undefined
  const [, number, power, binary, unit = ''] = match
  const factor =
    (binary === undefined ? 1000 : 1024) ** (power === undefined ? 0 : powers.indexOf(power.toLowerCase()) + 1)
  const bytes = Math.round((Number(number) * factor) / (unit.toLowerCase() === 'bit' ? 8 : 1))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** 8 kbit/s: with less a single packet waits for seconds. */
export const leastRate = 1000
