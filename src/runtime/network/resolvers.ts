import {readSmall} from '../../base/file.ts'

export type Resolvers = {readonly servers: readonly string[]; readonly search: readonly string[]}

const hostFile = '/etc/resolv.conf'
const stub = '127.0.0.53'
/** What systemd-resolved asks itself, behind its stub. */
const behindStub = '/run/systemd/resolve/resolv.conf'

/** The host's own DNS servers and search domains, as they are now. */
export async function hostResolvers(): Promise<Resolvers> {
  return resolversOf(readSmall)
}

/** The stub comes first, since it knows which server to ask for which domain; the others are for when it is down. */
export function resolversOf(read: (path: string) => string | undefined): Resolvers {
  const host = parseResolvConf(read(hostFile) ?? '')
  if (!host.servers.includes(stub)) return host
  const behind = parseResolvConf(read(behindStub) ?? '')
  return {...host, servers: [...new Set([...host.servers, ...behind.servers])]}
}

/** `.` stands for none. */
export const searchDomains = (asked: readonly string[]): string[] =>
  asked.map(each => each.replace(/(?<=.)\.$/, '')).filter(each => each !== '.')

export function parseResolvConf(text: string): Resolvers {
  const lines = text.split('\n').map(line => line.trim().split(/\s+/))
  const servers = lines.filter(([word]) => word === 'nameserver').flatMap(([, server]) => server ?? [])
  const search = lines.filter(([word]) => word === 'search' || word === 'domain').at(-1) ?? []
  return {servers, search: search.slice(1)}
}
