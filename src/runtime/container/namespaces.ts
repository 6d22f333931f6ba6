import {StackError} from '../../base/error.ts'
import type {ContainerRecord, HostConfig, SharedMode} from '../../model/container.ts'
import type {MonitorStep} from '../monitor/program.ts'

/** Namespaces that are not the container's own, as files of the kernel or of the network. */
export type SharedFacts = {
  /** Pinned network namespace; undefined: the host's. */
  readonly netns: string | undefined
  readonly joined: ReadonlyArray<{readonly kind: 'pid' | 'ipc' | 'uts'; readonly path: string}>
  /** Where /dev/shm comes from: the host, or another container's mounts. */
  readonly shm: {readonly from: 'host'} | {readonly from: 'container'; readonly mounts: string} | undefined
}

/** A running container: pid of its program. */
export type FindRunning = (id: string) => {readonly name: string; readonly pid: number | undefined} | undefined

/** Containers whose namespaces are joined must run: a namespace goes with the last of its processes. */
export function sharedFacts(record: ContainerRecord, netns: string | undefined, find: FindRunning): SharedFacts {
  const {pidMode, ipcMode, utsMode} = record.host
  const modes = [
    ['pid', pidMode, 'process namespace'] as const,
    ['ipc', ipcMode, 'IPC namespace'] as const,
    ['uts', utsMode, 'host name'] as const,
  ]
  const joined = modes.flatMap(([kind, mode, what]) => {
    const id = containerIn(mode)
    return id === undefined ? [] : [{kind, path: `/proc/${runningPid(id, what, {record, find})}/ns/${kind}`}]
  })
  const sharer = joined.find(({kind}) => kind === 'ipc')
  const shm =
    sharer !== undefined
      ? ({from: 'container', mounts: sharer.path.replace(/ipc$/, 'mnt')} as const)
      : ipcMode === 'host'
        ? ({from: 'host'} as const)
        : undefined
  return {netns, joined, shm}
}

function runningPid(
  id: string,
  what: string,
  {record, find}: {readonly record: ContainerRecord; readonly find: FindRunning},
): number {
  const found = find(id)
  if (found === undefined) {
    throw new StackError('not-found', `no such container: ${id}`, {
      hint: `its ${what} was to be shared by "${record.name}"`,
    })
  }
  if (found.pid !== undefined) return found.pid
  throw new StackError('start-failed', `container "${found.name}", whose ${what} is to be shared, does not run`, {
    hint: 'start that one first',
  })
}

const containerIn = (mode: HostConfig['ipcMode']): string | undefined =>
  isContainer(mode) ? mode.slice('container:'.length) : undefined
const isContainer = (mode: HostConfig['ipcMode']): mode is Exclude<SharedMode, 'host'> =>
  mode?.startsWith('container:') === true

/** New ones, then those to join. The mounts are always its own. */
export function namespaceSteps({host, mounts}: ContainerRecord, {netns, joined}: SharedFacts): MonitorStep[] {
  const seesHost = mounts.some(each => each.type === 'bind' && /slave/.test(each.propagation ?? ''))
  const isOwnIpc = host.ipcMode !== 'host' && !isContainer(host.ipcMode)
  return [
    [
      'namespaces',
      ...(host.pidMode === undefined ? ['pid'] : []),
      'mount',
      ...(isOwnIpc ? ['ipc'] : []),
      ...(host.utsMode === undefined ? ['uts'] : []),
      ...(host.cgroupMode === 'host' ? [] : ['cgroup']),
    ],
    ...(netns === undefined ? [] : [['join', 'net', netns] as const]),
    ...joined.map(({kind, path}): MonitorStep => ['join', kind, path]),
    ['propagation', seesHost ? 'slave' : 'private'],
  ]
}

/** Memory that is shared is a file system too, so it comes with the namespace. */
export function sharedMemory({shm}: SharedFacts): MonitorStep[] {
  const at = '/dev/shm'
  if (shm === undefined) return []
  return shm.from === 'host' ? [['bind', at, at, 'private']] : [['bind-of', shm.mounts, at, at, 'private']]
}
