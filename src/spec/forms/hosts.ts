import {isAddress} from './address.ts'

/** One further line of /etc/hosts. */
export type HostEntry = {readonly host: string; readonly address: string}

/** `HOST=IP[,IP]` or `HOST:IP`, IPv6 with or without brackets; a string is what is wrong with it. */
export function parseHost(text: string): readonly HostEntry[] | string {
  const at = text.includes('=') ? text.indexOf('=') : text.indexOf(':')
  if (at < 0) return `"${text}" must be HOST=IP`
  return hostEntries(text.slice(0, at), text.slice(at + 1))
}

export function hostEntries(host: string, addresses: string): readonly HostEntry[] | string {
  if (host.trim() === '' || /[\s:=,]/.test(host)) return `bad host name "${host}"`
  const entries: HostEntry[] = []
  for (const each of addresses.split(',')) {
    const address = each.trim().replace(/^\[(.*)\]$/, '$1')
    if (address !== 'host-gateway' && !isAddress(address)) return `"${each.trim()}" is not an IP address`
    entries.push({host, address})
  }
  return entries
}
