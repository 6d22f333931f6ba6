import type {Service, Shared} from '../../model/project.ts'
import type {CanonicalService} from '../canonical-form.ts'
import {mapValues} from '../normalise.ts'
import {defined} from './defined.ts'

type Isolation = Pick<
  Service,
  'pidMode' | 'ipcMode' | 'utsMode' | 'cgroupMode' | 'cgroupParent' | 'usernsMode' | 'annotations' | 'useApiSocket'
>

/** What a service shares with the host or with others; values that mean the default are left out. */
export const isolationOf = (service: CanonicalService): Isolation =>
  defined({
    pidMode: shared(service.pid),
    ipcMode: ipcMode(service.ipc),
    utsMode: shared(service.uts),
    cgroupMode: cgroupMode(service.cgroup),
    cgroupParent: service.cgroup_parent === '' ? undefined : service.cgroup_parent,
    usernsMode: service.userns_mode === 'host' ? ('host' as const) : undefined,
    annotations: service.annotations === undefined ? undefined : mapValues(service.annotations, value => value),
    useApiSocket: service.use_api_socket === true ? true : undefined,
  })

function shared(mode = ''): Shared | undefined {
  if (mode === 'host') return mode
  if (mode.startsWith('service:')) return `service:${mode.slice('service:'.length)}`
  return mode.startsWith('container:') ? `container:${mode.slice('container:'.length)}` : undefined
}

const cgroupMode = (mode = ''): Service['cgroupMode'] => (mode === 'host' || mode === 'private' ? mode : undefined)

function ipcMode(mode = ''): Service['ipcMode'] {
  return mode === 'private' || mode === 'shareable' || mode === 'none' ? mode : shared(mode)
}
