import type {SharedMode} from '../model/container.ts'
import type {Network, NetworkAttachment, Service, Volume} from '../model/project.ts'

/** A network to make: all that the engine must know. */
export type NetworkSpec = Omit<Network, 'key' | 'external'>

export type VolumeSpec = Omit<Volume, 'key' | 'external'>

/** What a container takes over from its service as it is. */
type Inherited = Pick<
  Service,
  | 'image'
  | 'platform'
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
  | 'networkLimits'
  | 'extraHosts'
  | 'dns'
  | 'dnsSearch'
  | 'dnsOptions'
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
  /** `CONTAINER` or `CONTAINER:ro`. */
  readonly volumesFrom?: readonly string[]
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
  /** On every network: what only this container calls others. `names` are containers, `service` all of a service. */
  readonly links?: ReadonlyArray<{readonly alias: string; readonly names: readonly string[]; readonly service?: string}>
  /** By the network's name on the engine; in order of attachment; the highest gateway priority has the default route, of equals the first. */
  readonly networks: ReadonlyArray<
    {readonly name: string; readonly gatewayPriority?: number} & Omit<NetworkAttachment, 'priority' | 'gatewayPriority'>
  >
}
