/** Limits and devices that mean the same in a Compose file, in the Engine API and on this machine. Times are microseconds. */
export type HostResources = {
  /** CPU time in each period; -1 without limit. */
  readonly cpuQuota?: number
  readonly cpuPeriod?: number
  readonly cpuRealtimeRuntime?: number
  readonly cpuRealtimePeriod?: number
  /** 0 to 100. */
  readonly memorySwappiness?: number
  readonly oomKillDisable?: boolean
  readonly blockIo?: BlockIo
  readonly devices?: readonly DeviceMapping[]
  /** `c 1:3 rwm` */
  readonly deviceCgroupRules?: readonly string[]
}

/** Limits of block I/O. Rates are per second: bytes or operations. Weights are 10 to 1000. */
export type BlockIo = {
  readonly weight?: number
  readonly weightDevice: ReadonlyArray<{readonly path: string; readonly weight: number}>
  readonly readBps: readonly BlockRate[]
  readonly writeBps: readonly BlockRate[]
  readonly readIops: readonly BlockRate[]
  readonly writeIops: readonly BlockRate[]
}
export type BlockRate = {readonly path: string; readonly rate: number}

/** A device node of the host, or a directory of them, and where it is in the container. */
export type DeviceMapping = {
  readonly source: string
  readonly target: string
  /** Of `r`, `w` and `m`. */
  readonly permissions: string
}
