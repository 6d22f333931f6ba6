import {StackError} from '../../base/error.ts'
import type {HostConfig} from '../../model/container.ts'
import type {MonitorStep} from '../monitor/program.ts'

/** Kernel settings that each ipc namespace has for itself. */
const ipc = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\.[a-z_]+)$/
const network = /^net(\.[a-zA-Z0-9_-]+)+$/

/** Only settings that are the container's own: any other would change the whole machine. */
export function sysctlSteps({sysctls, networkMode, ipcMode}: HostConfig): MonitorStep[] {
  return Object.entries(sysctls).map(([name, value]) => {
    if (network.test(name) && networkMode === 'host') {
      throw new StackError('bad-request', `sysctl "${name}" would change the network of the host`)
    }
    if (ipc.test(name) && ipcMode === 'host') {
      throw new StackError('bad-request', `sysctl "${name}" would change the IPC of the host`)
    }
    if (!network.test(name) && !ipc.test(name)) {
      throw new StackError('bad-request', `sysctl "${name}" cannot be set for a container`, {
        hint: 'only net.*, fs.mqueue.* and the kernel.msg*, kernel.sem and kernel.shm* settings are its own',
      })
    }
    return ['sysctl', name, value]
  })
}
