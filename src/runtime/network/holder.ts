import {readdir, readFile, readlink} from 'node:fs/promises'

const listening = '0A'

/** Who has a port of this host, as `nginx (pid 123)`; undefined where it cannot be found out. */
export async function holderOf(protocol: 'tcp' | 'udp', port: number): Promise<string | undefined> {
  const inodes = await socketsOn(protocol, port)
  if (inodes.size === 0) return undefined
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || !(await hasSocket(pid, inodes))) continue
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')
    return `${name.trim()} (pid ${pid})`
  }
  return undefined
}

async function socketsOn(protocol: 'tcp' | 'udp', port: number): Promise<Set<string>> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const tables = await Promise.all(
    [protocol, `${protocol}6`].map(table => readFile(`/proc/net/${table}`, 'utf8').catch(() => '')),
  )
  const rows = tables.flatMap(table => table.split('\n').slice(1)).map(row => row.trim().split(/\s+/))
  const found = rows.filter(row => row[1]?.endsWith(`:${hex}`) && (protocol === 'udp' || row[3] === listening))
  return new Set(found.map(row => `socket:[${row[9]}]`))
}

async function hasSocket(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const descriptor of descriptors) {
    if (sockets.has(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ''))) return true
  }
  return false
}
