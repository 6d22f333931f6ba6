/** A member of what was parsed, whatever it is. */
export function member(value: unknown, name: string): unknown {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined
  return Reflect.get(value, name)
}

/** A stranger's words on one short line, with nothing in it that a terminal obeys. */
export function printable(words: string): string {
  const clean = words.replace(/[\p{C}\s]+/gu, ' ').trim()
  return clean.length > 300 ? `${clean.slice(0, 300)}…` : clean
}
