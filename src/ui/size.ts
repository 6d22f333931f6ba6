const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `0B`, `1.24kB`, `24.3MB`, `118MB`: powers of 1000 and three digits, as the docker client words sizes. */
export function sizeText(bytes: number): string {
  let [value, unit] = [bytes, 0]
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${Number(value.toPrecision(3))}${units[unit]}`
}
