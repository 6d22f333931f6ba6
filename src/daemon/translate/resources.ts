import {deviceRuleHint, isDeviceAccess, parseDeviceRule} from '../../base/device-rule.ts'
import {StackError} from '../../base/error.ts'
import type {BlockIo, DeviceMapping, HostResources} from '../../model/resources.ts'

/** The part of `HostConfig` about limits and devices that means the same in a Compose file. */
export type ResourceBody = {
  readonly CpuPeriod?: number
  readonly CpuQuota?: number
  readonly CpuRealtimePeriod?: number
  readonly CpuRealtimeRuntime?: number
  /** null and -1: not said. */
  readonly MemorySwappiness?: number | null
  readonly OomKillDisable?: boolean | null
  readonly BlkioWeight?: number
  readonly BlkioWeightDevice?: ReadonlyArray<{readonly Path: string; readonly Weight: number}> | null
  readonly BlkioDeviceReadBps?: readonly RateBody[] | null
  readonly BlkioDeviceWriteBps?: readonly RateBody[] | null
  readonly BlkioDeviceReadIOps?: readonly RateBody[] | null
  readonly BlkioDeviceWriteIOps?: readonly RateBody[] | null
  readonly Devices?: readonly DeviceBody[] | null
  readonly DeviceCgroupRules?: readonly string[] | null
  readonly DeviceRequests?: readonly unknown[] | null
  readonly StorageOpt?: Readonly<Record<string, string>> | null
}
type RateBody = {readonly Path: string; readonly Rate: number}
type DeviceBody = {
  readonly PathOnHost: string
  readonly PathInContainer?: string
  readonly CgroupPermissions?: string
}

export function hostResources(body: ResourceBody): HostResources {
  refuseUnknown(body)
  const blockIo = blockIoOf(body)
  return {
    ...cpuTime(body),
    ...(body.MemorySwappiness == null || body.MemorySwappiness === -1 ? {} : {memorySwappiness: swappiness(body)}),
    ...(body.OomKillDisable ? {oomKillDisable: true} : {}),
    ...(blockIo === undefined ? {} : {blockIo}),
    ...(body.Devices?.length ? {devices: body.Devices.map(deviceOf)} : {}),
    ...(body.DeviceCgroupRules?.length ? {deviceCgroupRules: body.DeviceCgroupRules.map(checkedRule)} : {}),
  }
}

function refuseUnknown({DeviceRequests, StorageOpt}: ResourceBody): void {
  if (DeviceRequests?.length) {
    throw new StackError('unsupported', 'devices by request (gpus, container device interface) are not supported', {
      hint: 'give the device nodes to the container, such as --device /dev/dri/renderD128',
    })
  }
  const [option] = Object.keys(StorageOpt ?? {})
  if (option !== undefined) throw new StackError('unsupported', `storage option "${option}" is not supported`)
}

function cpuTime(body: ResourceBody): HostResources {
  const {CpuPeriod = 0, CpuQuota = 0, CpuRealtimePeriod = 0, CpuRealtimeRuntime = 0} = body
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000)) {
    throw new StackError('bad-request', `CPU period ${CpuPeriod} is not from 1000 to 1000000 microseconds`)
  }
  if (CpuQuota > 0 && CpuQuota < 1000) {
    throw new StackError('bad-request', `CPU quota ${CpuQuota} is less than 1000 microseconds`)
  }
  if (CpuRealtimeRuntime > (CpuRealtimePeriod || 1_000_000)) {
    throw new StackError('bad-request', 'the real-time runtime is more than its period')
  }
  return {
    ...(CpuPeriod ? {cpuPeriod: CpuPeriod} : {}),
    ...(CpuQuota ? {cpuQuota: CpuQuota} : {}),
    ...(CpuRealtimePeriod ? {cpuRealtimePeriod: CpuRealtimePeriod} : {}),
    ...(CpuRealtimeRuntime ? {cpuRealtimeRuntime: CpuRealtimeRuntime} : {}),
  }
}

function swappiness({MemorySwappiness}: ResourceBody): number {
  const value = MemorySwappiness ?? 0
  if (value >= 0 && value <= 100) return value
  throw new StackError('bad-request', `memory swappiness ${value} is not from 0 to 100`)
}

function blockIoOf(body: ResourceBody): BlockIo | undefined {
  const rates = (list: readonly RateBody[] | null | undefined) =>
    (list ?? []).map(({Path, Rate}) => ({path: Path, rate: Rate}))
  const lists = {
    weightDevice: (body.BlkioWeightDevice ?? []).map(({Path, Weight}) => ({path: Path, weight: checkedWeight(Weight)})),
    readBps: rates(body.BlkioDeviceReadBps),
    writeBps: rates(body.BlkioDeviceWriteBps),
    readIops: rates(body.BlkioDeviceReadIOps),
    writeIops: rates(body.BlkioDeviceWriteIOps),
  }
  if (!body.BlkioWeight && Object.values(lists).every(each => each.length === 0)) return undefined
  return {...(body.BlkioWeight ? {weight: checkedWeight(body.BlkioWeight)} : {}), ...lists}
}

function checkedWeight(weight: number): number {
  if (weight >= 10 && weight <= 1000) return weight
  throw new StackError('bad-request', `block I/O weight ${weight} is not from 10 to 1000`)
}

function deviceOf({PathOnHost, PathInContainer, CgroupPermissions}: DeviceBody): DeviceMapping {
  const target = PathInContainer || PathOnHost
  const permissions = CgroupPermissions || 'rwm'
  for (const path of [PathOnHost, target]) {
    if (!path.startsWith('/')) throw new StackError('bad-request', `device "${path}" is not an absolute path`)
  }
  if (isDeviceAccess(permissions)) return {source: PathOnHost, target, permissions}
  throw new StackError('bad-request', `device ${PathOnHost}: access "${permissions}" is not made of r, w and m`)
}

function checkedRule(rule: string): string {
  if (parseDeviceRule(rule) !== undefined) return rule
  throw new StackError('bad-request', `"${rule}" is not a rule about devices`, {hint: deviceRuleHint})
}

/** The way back, as inspect shows it. */
export function resourceBody(resources: HostResources): Required<Omit<ResourceBody, 'StorageOpt'>> {
  const {blockIo: io} = resources
  const rates = (list: BlockIo['readBps'] = []) => list.map(({path, rate}) => ({Path: path, Rate: rate}))
  return {
    CpuPeriod: resources.cpuPeriod ?? 0,
    CpuQuota: resources.cpuQuota ?? 0,
    CpuRealtimePeriod: resources.cpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: resources.cpuRealtimeRuntime ?? 0,
    MemorySwappiness: resources.memorySwappiness ?? null,
    OomKillDisable: resources.oomKillDisable ?? null,
    BlkioWeight: io?.weight ?? 0,
    BlkioWeightDevice: (io?.weightDevice ?? []).map(({path, weight}) => ({Path: path, Weight: weight})),
    BlkioDeviceReadBps: rates(io?.readBps),
    BlkioDeviceWriteBps: rates(io?.writeBps),
    BlkioDeviceReadIOps: rates(io?.readIops),
    BlkioDeviceWriteIOps: rates(io?.writeIops),
    Devices: (resources.devices ?? []).map(({source, target, permissions}) => ({
      PathOnHost: source,
      PathInContainer: target,
      CgroupPermissions: permissions,
    })),
    DeviceCgroupRules: resources.deviceCgroupRules ?? null,
    DeviceRequests: null,
  }
}
