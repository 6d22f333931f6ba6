import {type Check, type Finding, finding, type Host} from './finding.ts'

const root = '/sys/fs/cgroup'

/** What each controller is for, with its name under v1 where that differs. */
const controllers: ReadonlyArray<readonly [v2: string, v1: string, what: string]> = [
  ['memory', 'memory', 'limits of memory'],
  ['cpu', 'cpu', 'limits of processor time'],
  ['pids', 'pids', 'limits of processes'],
  ['cpuset', 'cpuset', 'choice of processors'],
]

export const controlGroups: Check = host => {
  const unified = host.read(`${root}/cgroup.controllers`)
  const has =
    unified === undefined
      ? ([, v1]: readonly string[]) => host.exists(`${root}/${v1}`)
      : ([v2 = '']: readonly string[]) => unified.split(/\s+/).includes(v2)
  return [
    hierarchy(unified !== undefined, host),
    ...controllers.map(each => controller(each, has(each), unified !== undefined)),
  ]
}

function hierarchy(unified: boolean, host: Host): Finding {
  const found =
    unified || host.exists(`${root}/memory`) || host.exists(`${root}/unified`) || host.exists(`${root}/pids`)
  const writable =
    found && host.canWrite(unified ? root : host.exists(`${root}/pids`) ? `${root}/pids` : `${root}/memory`)
  return finding(writable, {
    name: 'control groups',
    essential: true,
    detail: !found
      ? `nothing is mounted at ${root}`
      : `${unified ? 'version 2' : 'version 1'}${writable ? '' : ', read-only'}`,
    fix: found ? `mount -o remount,rw ${root}` : `mount -t cgroup2 none ${root}`,
  })
}

const controller = ([v2, v1, what]: readonly [string, string, string], has: boolean, unified: boolean): Finding =>
  finding(has, {
    name: `${v2} controller`,
    detail: what,
    fix: unified
      ? `echo +${v2} > ${root}/cgroup.subtree_control (as root)`
      : `mount -t cgroup -o ${v1} none ${root}/${v1}`,
  })
