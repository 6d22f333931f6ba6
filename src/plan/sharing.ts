import type {ContainerSpec} from '../engine/engine.ts'
import type {Service} from '../model/project.ts'

type Modes = Pick<ContainerSpec, 'pidMode' | 'ipcMode' | 'utsMode'>
type OfService = `service:${string}`

/** Services whose processes, IPC or host name a service shares. */
export const peersOf = ({pidMode, ipcMode, utsMode}: Service): readonly string[] => [
  ...new Set([pidMode, ipcMode, utsMode].flatMap(mode => (isOfService(mode) ? serviceIn(mode) : []))),
]

/** The modes with containers in the place of services; `peer` names the container that stands for one. */
export function sharedModes({pidMode, ipcMode, utsMode}: Service, peer: (service: string) => string): Modes {
  const container = (mode: OfService): `container:${string}` => `container:${peer(serviceIn(mode))}`
  return {
    ...(pidMode === undefined ? {} : {pidMode: isOfService(pidMode) ? container(pidMode) : pidMode}),
    ...(ipcMode === undefined ? {} : {ipcMode: isOfService(ipcMode) ? container(ipcMode) : ipcMode}),
    ...(utsMode === undefined ? {} : {utsMode: isOfService(utsMode) ? container(utsMode) : utsMode}),
  }
}

/** The same replica where there is one, else the first. */
export const peerNumber = (number: number, numbers: readonly number[]): number =>
  numbers.includes(number) ? number : 1

const isOfService = (mode: string | undefined): mode is OfService => mode?.startsWith('service:') === true
const serviceIn = (mode: OfService): string => mode.slice('service:'.length)
