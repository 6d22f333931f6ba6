/** What a registry answers a request with that it wants credentials for (RFC 9110, section 11). */
export type Challenge =
  | {readonly scheme: 'basic'}
  | {readonly scheme: 'bearer'; readonly realm: string; readonly service?: string; readonly scopes: readonly string[]}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const parameter = new RegExp(`^\\s*,?\\s*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`)
const scheme = new RegExp(`^[\\s,]*(${token})(?=\\s|,|$)`)

/** The challenges that are understood, tokens first: who offers both wants them. */
export function parseChallenges(header: string): Challenge[] {
  const found: Challenge[] = []
  let rest = header
  for (let match = scheme.exec(rest); match !== null; match = scheme.exec(rest)) {
    const read = parameters(rest.slice(match[0].length))
    rest = read.rest
    const challenge = understood(match[1]!.toLowerCase(), read.values)
    if (challenge !== undefined) found.push(challenge)
  }
  return found.sort((a, b) => Number(a.scheme === 'basic') - Number(b.scheme === 'basic'))
}

function parameters(text: string): {values: Map<string, string>; rest: string} {
  const values = new Map<string, string>()
  let rest = text
  for (let match = parameter.exec(rest); match !== null; match = parameter.exec(rest)) {
    values.set(match[1]!.toLowerCase(), match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '')
    rest = rest.slice(match[0].length)
  }
  return {values, rest}
}

function understood(name: string, values: ReadonlyMap<string, string>): Challenge | undefined {
  if (name === 'basic') return {scheme: 'basic'}
  const realm = values.get('realm')
  if (name !== 'bearer' || realm === undefined) return undefined
  const service = values.get('service')
  const scopes = (values.get('scope') ?? '').split(' ').filter(Boolean)
  return {scheme: 'bearer', realm, scopes, ...(service === undefined ? {} : {service})}
}
