/** `networks/<id>.json`: a bridge of this host, as it was made. */
export type NetworkRecord = {
  /** 64 hex digits. */
  readonly id: string
  readonly name: string
  readonly created: number
  readonly driver: string
  readonly options: Readonly<Record<string, string>>
  readonly internal: boolean
  readonly attachable: boolean
  readonly enableIpv6: boolean
  /** CIDR, chosen from the pool when not given. */
  readonly subnet: string
  readonly gateway: string
  /** Where addresses are taken from; undefined: the whole subnet. */
  readonly range?: string
  /** Of others, by their names: never given to a container. */
  readonly aux?: Readonly<Record<string, string>>
  readonly subnet6?: string
  readonly gateway6?: string
  readonly labels: Readonly<Record<string, string>>
  /** Name of the interface: 15 bytes at most. */
  readonly bridge: string
}

/** One container on one network. */
export type Endpoint = {
  readonly container: string
  readonly network: string
  /** Inside the container: eth0, eth1, … */
  readonly interface: string
  readonly address: string
  readonly prefixLength: number
  readonly address6?: string
  readonly mac: string
  /** In addition, with their lengths. */
  readonly moreAddresses?: readonly string[]
  readonly gatewayPriority?: number
  readonly gateway: string
  /** Host side of the veth. */
  readonly link: string
  /** Which of the network's bridges it is a port of; undefined: the first. */
  readonly bridge?: number
  /** Names that resolve to it on this network: service, container name, aliases, short id. */
  readonly names: readonly string[]
  /** Its ports that have a name, as DNS asks for them: `_http._tcp`. */
  readonly portNames?: Readonly<Record<string, number>>
  /** Limits in bytes each second. */
  readonly rates?: Rates
  /** The address of its service, which new connections are led to this one by. */
  readonly service?: string
}

/** Bytes each second that a container may send and get; undefined: without limit. */
export type Rates = {readonly egress?: number; readonly ingress?: number}
