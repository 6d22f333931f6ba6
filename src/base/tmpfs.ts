import {parseBytes} from './bytes.ts'

const flags = new Set(
  ['ro', 'rw', 'suid', 'nosuid', 'dev', 'nodev', 'exec', 'noexec', 'atime', 'noatime'].concat([
    'diratime',
    'nodiratime',
    'relatime',
    'norelatime',
    'strictatime',
    'nostrictatime',
  ]),
)
const isNumber = (text: string): boolean => /^\d+$/.test(text)
const isCount = (text: string): boolean => /^\d+[kmg]?$/i.test(text)
const values: Readonly<Record<string, (text: string) => boolean>> = {
  size: text => /^\d+%$/.test(text) || (parseBytes(text) ?? -1) >= 0,
  mode: text => /^[0-7]{1,5}$/.test(text),
  uid: isNumber,
  gid: isNumber,
  nr_inodes: isCount,
  nr_blocks: isCount,
  mpol: text => text !== '',
  huge: text => ['never', 'always', 'within_size', 'advise'].includes(text),
}

/** The first of tmpfs' options (`size=64m,noexec`) that no tmpfs has, or undefined. */
export function wrongTmpfsOption(options: string): string | undefined {
  return options.split(',').find(each => {
    const [key = '', value] = each.split(/=(.*)/s)
    if (value === undefined) return each !== '' && !flags.has(key)
    return !(Object.hasOwn(values, key) && values[key]!(value))
  })
}

export const tmpfsHint = `options are size, mode, uid, gid, nr_inodes, nr_blocks, mpol and huge with a value, and ro, exec, suid, dev and their opposites`
