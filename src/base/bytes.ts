const exponents = 'bkmgtp'

/** Bytes of `512m`, `1.5gb`, `64KiB`, `655360` or -1, or undefined where it is no size. Units are powers of 1024. */
export function parseBytes(text: string | number): number | undefined {
  if (text === -1 || text === '-1') return -1
  const match = /^(\d+(?:\.\d+)?) ?(?:(b)|([kmgtp])(?:i?b)?)?$/i.exec(String(text))
  if (match === null) return undefined
  const unit = (match[2] ?? match[3] ?? 'b').toLowerCase()
  const bytes = Math.floor(Number(match[1]) * 1024 ** exponents.indexOf(unit))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
