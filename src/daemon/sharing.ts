import {hostname} from 'node:os'
import {StackError} from '../base/error.ts'
import type {ContainerConfig, ContainerRecord, HostConfig, SharedMode} from '../model/container.ts'

type Find = (name: string) => ContainerRecord
type Shared = {
  readonly host: Pick<HostConfig, 'pidMode' | 'ipcMode' | 'utsMode'>
  readonly config: Partial<Pick<ContainerConfig, 'hostname'>>
}

/** Containers by their ids in the place of names; the host name is that of the namespace. `asked` is a name of one's own. */
export function sharedNamespaces(host: HostConfig, asked: string | undefined, find: Find): Shared {
  const {pidMode, ipcMode, utsMode} = host
  if (utsMode !== undefined && asked) {
    throw new StackError('bad-request', `conflicting options: hostname "${asked}" and UTSMode "${utsMode}"`)
  }
  return {
    host: {
      ...(pidMode === undefined ? {} : {pidMode: byId(pidMode, find)}),
      ...(ipcMode === undefined ? {} : {ipcMode: isShared(ipcMode) ? byId(ipcMode, checked(find)) : ipcMode}),
      ...(utsMode === undefined ? {} : {utsMode: byId(utsMode, find)}),
    },
    config: utsMode === undefined ? {} : {hostname: nameIn(utsMode, find)},
  }
}

const isShared = (mode: string): mode is SharedMode => mode === 'host' || mode.startsWith('container:')

const byId = (mode: SharedMode, find: Find): SharedMode =>
  mode === 'host' ? mode : `container:${find(mode.slice('container:'.length)).id}`

const nameIn = (mode: SharedMode, find: Find): string =>
  mode === 'host' ? hostname() : find(mode.slice('container:'.length)).config.hostname

/** As Docker has it: whose IPC is private keeps it, so that nobody reads its shared memory by surprise. */
const checked =
  (find: Find): Find =>
  name => {
    const found = find(name)
    if (!['private', 'none'].includes(found.host.ipcMode ?? 'private')) return found
    throw new StackError('bad-request', `the IPC namespace of container "${found.name}" is private`, {
      hint: 'create that one with ipc: shareable',
    })
  }
