import {readFileSync} from 'node:fs'

export type Limit = {readonly soft: number; readonly hard: number}
export type Limits = Readonly<Record<string, Limit>>

/** Compose's names onto the rows of /proc/PID/limits. */
const rows: Readonly<Record<string, string>> = {
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

export const isLimitName = (name: string): boolean => Object.hasOwn(rows, name)

/**
 * What is asked for, within the hard limits that we have ourselves: raising those takes CAP_SYS_RESOURCE. -1 is
 * without limit. `inherited` is the text of /proc/self/limits, `warn` is told what became smaller.
 */
export function clampLimits(asked: Limits, inherited: string, warn: (text: string) => void): Limits {
  return Object.fromEntries(
    Object.entries(asked).map(([name, limit]) => {
      const most = hardLimit(inherited, name)
      const clamped = {soft: smaller(limit.soft, most), hard: smaller(limit.hard, most)}
      if (clamped.hard !== limit.hard || clamped.soft !== limit.soft) {
        warn(
          `ulimit ${name} is ${most}, not ${limit.hard < 0 ? 'unlimited' : limit.hard}: that is the host's hard limit`,
        )
      }
      return [name, clamped]
    }),
  )
}

/** Limits as they are to be set; a process that may raise them is not held to its own. */
export function limitsFor(asked: Limits, warn: (text: string) => void): Limits {
  if (Object.keys(asked).length === 0 || mayRaise(readFileSync('/proc/self/status', 'utf8'))) return asked
  return clampLimits(asked, readFileSync('/proc/self/limits', 'utf8'), warn)
}

const sysResource = 1n << 24n
const mayRaise = (status: string): boolean =>
  (BigInt(`0x${/^CapEff:\s+(\S+)$/m.exec(status)?.[1] ?? '0'}`) & sysResource) !== 0n

/** -1: without limit. */
function hardLimit(limits: string, name: string): number {
  const row = limits.split('\n').find(line => line.startsWith(rows[name] ?? '?'))
  const value = /^.{25} *\S+ +(\S+)/.exec(row ?? '')?.[1]
  return value === undefined || value === 'unlimited' ? -1 : Number(value)
}

const smaller = (wanted: number, most: number): number =>
  most < 0 ? wanted : wanted < 0 ? most : Math.min(wanted, most)
