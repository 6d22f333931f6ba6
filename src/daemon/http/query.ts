/** Docker's booleans: `1`, `true`, `True`; anything else is false. */
export const flag = (query: URLSearchParams, name: string): boolean =>
  ['1', 'true', 'True', 't'].includes(query.get(name) ?? '')

/** Seconds since the epoch with a fraction, or an RFC 3339 time, as milliseconds. */
export function instant(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '' || text === '0') return undefined
  const milliseconds = /^-?[\d.]+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}
