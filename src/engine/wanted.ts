import type {SharedMode} from '../model/container.ts'
import type {Network, NetworkAttachment, Service, Volume} from '../model/project.ts'

/** A network to make: all that the engine must know. */
export type NetworkSpec = Omit<Network, 'key' | 'external'>

export type VolumeSpec = Omit<Volume, 'key' | 'external'>

/** What a container takes over from its service as it is. */
type Inherited = Pick<
  Service,
  | 'image'
  | 'command'
  | 'entrypoint'
  | 'environment'
  | 'hostname'
  | 'domainname'
  | 'user'
  | 'workingDir'
  | 'tty'
  | 'stdinOpen'
  | 'init'
  | 'expose'
  | 'ports'
  | 'extraHosts'
  | 'dns'
  | 'healthcheck'
  | 'restart'
  | 'stopSignal'
  | 'stopGracePeriod'
  | 'capAdd'
  | 'capDrop'
  | 'privileged'
  | 'readOnly'
  | 'securityOpt'
  | 'resources'
  | 'ulimits'
  | 'sysctls'
  | 'groupAdd'
  | 'shmSize'
  | 'logging'
  | 'cgroupMode'
  | 'cgroupParent'
  | 'usernsMode'
  | 'annotations'
  | 'useApiSocket'
>

/** One container to make: all that the engine must know, nothing of Compose but the labels. */
export type ContainerSpec = Inherited & {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** The source of a volume is its name on the engine. */
  readonly mounts: Service['mounts']
  /** Configs and secrets: content put into the container before it starts. */
  readonly files: ReadonlyArray<{
    readonly target: string
    readonly content: Uint8Array
    readonly uid: number
    readonly gid: number
    readonly mode: number
  }>
  readonly networkMode: 'networks' | 'none' | 'host' | `container:${string}`
  readonly pidMode?: SharedMode
  readonly ipcMode?: SharedMode | 'private' | 'shareable' | 'none'
  readonly utsMode?: SharedMode
  /** By the network's name on the engine; in order of attachment, the first has the default route. */
  readonly networks: ReadonlyArray<{readonly name: string} & Omit<NetworkAttachment, 'priority' | 'gatewayPriority'>>
}
