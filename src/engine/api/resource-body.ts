import type {BlockIo, HostResources} from '../../model/resources.ts'
import type {HostConfig} from './client.ts'
import {given} from './given.ts'

/** The part of `HostConfig` about limits and devices, in the Engine API's names. */
export function resourceBody(resources: HostResources): HostConfig {
  const {devices, deviceCgroupRules, blockIo} = resources
  return {
    ...given('CpuPeriod', resources.cpuPeriod),
    ...given('CpuQuota', resources.cpuQuota),
    ...given('CpuRealtimePeriod', resources.cpuRealtimePeriod),
    ...given('CpuRealtimeRuntime', resources.cpuRealtimeRuntime),
    ...given('MemorySwappiness', resources.memorySwappiness),
    ...given('OomKillDisable', resources.oomKillDisable),
    ...given(
      'Devices',
      devices?.map(({source, target, permissions}) => ({
        PathOnHost: source,
        PathInContainer: target,
        CgroupPermissions: permissions,
      })),
    ),
    ...given('DeviceCgroupRules', deviceCgroupRules && [...deviceCgroupRules]),
    ...(blockIo === undefined ? {} : blockIoBody(blockIo)),
  }
}

function blockIoBody(io: BlockIo): HostConfig {
  const rates = (list: BlockIo['readBps']) => list.map(({path, rate}) => ({Path: path, Rate: rate}))
  return {
    ...given('BlkioWeight', io.weight),
    BlkioWeightDevice: io.weightDevice.map(({path, weight}) => ({Path: path, Weight: weight})),
    BlkioDeviceReadBps: rates(io.readBps),
    BlkioDeviceWriteBps: rates(io.writeBps),
    BlkioDeviceReadIOps: rates(io.readIops),
    BlkioDeviceWriteIOps: rates(io.writeIops),
  }
}
