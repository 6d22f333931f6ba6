/** Whether the text is an IPv4 or IPv6 address. */
export const isAddress = (text: string): boolean => isIPv4(text) || isIPv6(text)

export const isIPv4 = (text: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) &&
  text.split('.').every(part => Number(part) <= 255 && String(Number(part)) === part)

export function isIPv6(text: string): boolean {
  const [address = '', zone, ...rest] = text.split('%')
  if (rest.length > 0 || zone === '') return false
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap(half => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1)
  const embedded = last !== undefined && isIPv4(last)
  const plain = embedded ? groups.slice(0, -1) : groups
  if (!plain.every(group => /^[\dA-Fa-f]{1,4}$/.test(group))) return false
  const count = plain.length + (embedded ? 2 : 0)
  return halves.length === 2 ? count < 8 : count === 8
}

/** `172.28.0.0/16`, IPv4 or IPv6. */
export function isSubnet(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(length)) return false
  return (isIPv4(address) && Number(length) <= 32) || (isIPv6(address) && Number(length) <= 128)
}
