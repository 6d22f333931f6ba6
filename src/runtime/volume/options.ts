import {lookup} from 'node:dns/promises'
import {isIP} from 'node:net'
import {StackError} from '../../base/error.ts'

/** What mount(2) is told; `flags` are its MS_ bits. */
export type MountCall = {
  readonly type: string
  readonly source: string
  readonly flags: number
  readonly data: string
}

type Options = Readonly<Record<string, string>>

const known = ['type', 'o', 'device']

/** Fails where the options of a local volume cannot be meant. */
export function checkOptions(volume: string, options: Options): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw new StackError('unsupported', `volume "${volume}": option "${name}" of a local volume is not supported`, {
      hint: 'options are type, o and device, as of mount',
    })
  }
  if (!isMounted(options)) return
  const {device = '', type = ''} = options
  if (device === '') throw new StackError('bad-request', `volume "${volume}": the option device is missing`)
  if (type === '' && (flagsOf(options) & bits.MS_BIND) === 0) {
    throw new StackError('bad-request', `volume "${volume}": the option type is missing`, {
      hint: 'type: none with o: bind for a directory of the host, else the name of a file system',
    })
  }
}

/** Whether there is something to mount: without options a volume is a directory. */
export const isMounted = (options: Options): boolean => Object.values(options).some(each => each !== '')

const bits = {
  MS_RDONLY: 1,
  MS_NOSUID: 2,
  MS_NODEV: 4,
  MS_NOEXEC: 8,
  MS_SYNCHRONOUS: 16,
  MS_MANDLOCK: 64,
  MS_DIRSYNC: 128,
  MS_NOATIME: 1024,
  MS_NODIRATIME: 2048,
  MS_BIND: 4096,
  MS_REC: 16_384,
  MS_UNBINDABLE: 1 << 17,
  MS_PRIVATE: 1 << 18,
  MS_SLAVE: 1 << 19,
  MS_SHARED: 1 << 20,
  MS_RELATIME: 1 << 21,
  MS_STRICTATIME: 1 << 24,
}

/** mount(8)'s words: bits that they set, and bits that they take away. */
const words: Readonly<Record<string, readonly [set: number, clear: number]>> = {
  defaults: [0, 0],
  ro: [bits.MS_RDONLY, 0],
  rw: [0, bits.MS_RDONLY],
  nosuid: [bits.MS_NOSUID, 0],
  suid: [0, bits.MS_NOSUID],
  nodev: [bits.MS_NODEV, 0],
  dev: [0, bits.MS_NODEV],
  noexec: [bits.MS_NOEXEC, 0],
  exec: [0, bits.MS_NOEXEC],
  sync: [bits.MS_SYNCHRONOUS, 0],
  async: [0, bits.MS_SYNCHRONOUS],
  dirsync: [bits.MS_DIRSYNC, 0],
  mand: [bits.MS_MANDLOCK, 0],
  nomand: [0, bits.MS_MANDLOCK],
  noatime: [bits.MS_NOATIME, 0],
  atime: [0, bits.MS_NOATIME],
  nodiratime: [bits.MS_NODIRATIME, 0],
  diratime: [0, bits.MS_NODIRATIME],
  relatime: [bits.MS_RELATIME, 0],
  norelatime: [0, bits.MS_RELATIME],
  strictatime: [bits.MS_STRICTATIME, 0],
  bind: [bits.MS_BIND, 0],
  rbind: [bits.MS_BIND | bits.MS_REC, 0],
  private: [bits.MS_PRIVATE, 0],
  rprivate: [bits.MS_PRIVATE | bits.MS_REC, 0],
  slave: [bits.MS_SLAVE, 0],
  rslave: [bits.MS_SLAVE | bits.MS_REC, 0],
  shared: [bits.MS_SHARED, 0],
  rshared: [bits.MS_SHARED | bits.MS_REC, 0],
  unbindable: [bits.MS_UNBINDABLE, 0],
  runbindable: [bits.MS_UNBINDABLE | bits.MS_REC, 0],
}

const wordsOf = ({o = ''}: Options): readonly string[] => o.split(',').filter(each => each !== '')

function flagsOf(options: Options): number {
  const pairs = wordsOf(options).flatMap(each => [words[each] ?? ([0, 0] as const)])
  return pairs.reduce((flags, [set, clear]) => (flags | set) & ~clear, 0)
}

export function mountCall(options: Options): MountCall {
  const {type = 'none', device = ''} = options
  const data = wordsOf(options).filter(each => words[each] === undefined)
  return {type, source: device, flags: flagsOf(options), data: data.join(',')}
}

/** The kernel's NFS takes no names: `addr=` becomes an address. */
export async function withAddress({data, ...call}: MountCall): Promise<MountCall> {
  const parts = data.split(',')
  const name = parts.find(each => each.startsWith('addr='))?.slice('addr='.length)
  if (!call.type.startsWith('nfs') || name === undefined || isIP(name) !== 0) return {...call, data}
  const {address} = await lookup(name)
  return {...call, data: parts.map(each => (each.startsWith('addr=') ? `addr=${address}` : each)).join(',')}
}
