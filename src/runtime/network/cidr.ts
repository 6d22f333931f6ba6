/** IPv4 addresses as numbers, ranges of them as `base` and number of fixed bits. */
export type Range = {readonly base: number; readonly length: number}

export function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  const bytes = match.slice(1).map(Number)
  return bytes.some(each => each > 255) ? undefined : bytes.reduce((sum, each) => sum * 256 + each, 0)
}

export const formatAddress = (address: number): string =>
  [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.')

/** `10.1.2.3/16` is the range that the address is in; without a length, the one address. */
export function parseRange(text: string): Range | undefined {
  const [address = '', length = '32', more] = text.split('/')
  const parsed = parseAddress(address)
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : 99
  if (parsed === undefined || bits > 32 || more !== undefined) return undefined
  return {base: parsed - (parsed % sizeOf({base: 0, length: bits})), length: bits}
}

export const formatRange = ({base, length}: Range): string => `${formatAddress(base)}/${length}`

export const sizeOf = ({length}: Range): number => 2 ** (32 - length)

export const contains = (range: Range, address: number): boolean =>
  address >= range.base && address < range.base + sizeOf(range)

/** Two ranges overlap where one starts in the other. */
export const overlap = (a: Range, b: Range): boolean => contains(a, b.base) || contains(b, a.base)
