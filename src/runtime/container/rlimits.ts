import {readFileSync} from 'node:fs'
import {isUlimitName, type UlimitName} from '../../base/ulimits.ts'

export type Limit = {readonly soft: number; readonly hard: number}
export type Limits = Readonly<Record<string, Limit>>

/** Compose's names onto the rows of /proc/PID/limits. */
const rows: Readonly<Record<UlimitName, string>> = {
  as: 'Max address space',
  core: 'Max core file size',
  cpu: 'Max cpu time',
  data: 'Max data size',
  fsize: 'Max file size',
  locks: 'Max file locks',
  memlock: 'Max locked memory',
  msgqueue: 'Max msgqueue size',
  nice: 'Max nice priority',
  nofile: 'Max open files',
  nproc: 'Max processes',
  rss: 'Max resident set',
  rtprio: 'Max realtime priority',
  rttime: 'Max realtime timeout',
  sigpending: 'Max pending signals',
  stack: 'Max stack size',
}

/** What will be less than was asked for: above the hard limits of who starts it takes CAP_SYS_RESOURCE. -1 is without limit. `inherited` is the text of /proc/self/limits. */
export function lessened(asked: Limits, inherited: string): readonly string[] {
  return Object.entries(asked).flatMap(([name, limit]) => {
    const most = hardLimit(inherited, name)
    if (most < 0 || (isWithin(limit.soft, most) && isWithin(limit.hard, most))) return []
    const wanted = limit.hard < 0 ? 'unlimited' : limit.hard
    return [`ulimit ${name} is ${most}, not ${wanted}: the host allows no more without CAP_SYS_RESOURCE`]
  })
}

/** A process that may raise limits is not held to its own. */
export function lessenedHere(asked: Limits): readonly string[] {
  if (Object.keys(asked).length === 0 || mayRaise(readFileSync('/proc/self/status', 'utf8'))) return []
  return lessened(asked, readFileSync('/proc/self/limits', 'utf8'))
}

const sysResource = 1n << 24n
const mayRaise = (status: string): boolean =>
  (BigInt(`0x${/^CapEff:\s+(\S+)$/m.exec(status)?.[1] ?? '0'}`) & sysResource) !== 0n

/** -1: without limit. */
function hardLimit(limits: string, name: string): number {
  const row = limits.split('\n').find(line => line.startsWith(isUlimitName(name) ? rows[name] : '?'))
  const value = /^.{25} *\S+ +(\S+)/.exec(row ?? '')?.[1]
  return value === undefined || value === 'unlimited' ? -1 : Number(value)
}

const isWithin = (wanted: number, most: number): boolean => wanted >= 0 && wanted <= most
