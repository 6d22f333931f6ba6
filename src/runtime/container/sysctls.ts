import {StackError} from '../../base/error.ts'
import {sysctlHint, sysctlScope} from '../../base/sysctl.ts'
import type {HostConfig} from '../../model/container.ts'
import type {MonitorStep} from '../monitor/program.ts'

/** Only settings that are the container's own: any other would change the whole machine. */
export function sysctlSteps({sysctls, networkMode, ipcMode}: HostConfig): MonitorStep[] {
  return Object.entries(sysctls).map(([name, value]) => {
    const scope = sysctlScope(name)
    if (scope === 'network' && networkMode === 'host') {
      throw new StackError('bad-request', `sysctl "${name}" would change the network of the host`)
    }
    if (scope === 'ipc' && ipcMode === 'host') {
      throw new StackError('bad-request', `sysctl "${name}" would change the IPC of the host`)
    }
    if (scope === 'machine') {
      throw new StackError('bad-request', `sysctl "${name}" cannot be set for a container`, {
        hint: sysctlHint,
      })
    }
    return ['sysctl', name, value]
  })
}
