/** A port of the host that a container is to have. */
export type WantedPort = {
  readonly service: string
  /** '' is every address of the host. */
  readonly hostIp: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /** Replicas of the service have it together; one of a range each has for itself. */
  readonly isShared: boolean
}

export type PortQuestion = {
  readonly project: string
  /** Ids of containers that will have gone. */
  readonly leaving: readonly string[]
  readonly ports: readonly WantedPort[]
}

/** Why one of them cannot be had: `port 8080 is taken by nginx (pid 12)`. */
export type TakenPort = Pick<WantedPort, 'hostIp' | 'port' | 'protocol'> & {readonly problem: string}
