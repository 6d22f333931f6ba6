import {parseBytes} from '../../base/bytes.ts'
import type {Resources} from '../../model/project.ts'
import type {BlockIo, DeviceMapping} from '../../model/resources.ts'
import type {CanonicalBlockIo, CanonicalDevice, CanonicalRate, CanonicalService} from '../canonical-form.ts'
import {cleaned} from '../forms/scalars.ts'
import {defined} from './defined.ts'

/** Limits stand beside the service's other attributes or under `deploy`; checks made sure that both agree. */
export function resourcesOf(service: CanonicalService): Resources {
  const {limits, reservations} = service.deploy?.resources ?? {}
  const size = (text: string | undefined) => (text === undefined ? undefined : parseBytes(text))
  // 0 means "no limit" everywhere but here.
  const limit = (value: number | undefined) => (value === 0 ? undefined : value)
  return defined({
    cpus: limit(service.cpus ?? limits?.cpus),
    cpuShares: limit(service.cpu_shares),
    cpuset: service.cpuset === '' ? undefined : service.cpuset,
    memory: limit(size(service.mem_limit ?? limits?.memory)),
    memoryReservation: limit(size(service.mem_reservation ?? reservations?.memory)),
    memorySwap: limit(size(service.memswap_limit)),
    pids: limit(service.pids_limit ?? limits?.pids),
    oomScoreAdj: service.oom_score_adj,
    cpuPeriod: limit(service.cpu_period),
    cpuQuota: limit(service.cpu_quota),
    cpuRealtimePeriod: limit(service.cpu_rt_period),
    cpuRealtimeRuntime: limit(service.cpu_rt_runtime),
    memorySwappiness: service.mem_swappiness === -1 ? undefined : service.mem_swappiness,
    oomKillDisable: service.oom_kill_disable || undefined,
    blockIo: service.blkio_config == null ? undefined : blockIoOf(service.blkio_config),
    devices: filled(service.devices?.map(deviceOf)),
    deviceCgroupRules: filled(service.device_cgroup_rules),
  })
}

const filled = <T>(list: readonly T[] | undefined): readonly T[] | undefined => (list?.length === 0 ? undefined : list)

const deviceOf = ({source = '', target = source, permissions = 'rwm'}: CanonicalDevice): DeviceMapping => ({
  source,
  target: cleaned(target),
  permissions,
})

const blockIoOf = (io: CanonicalBlockIo): BlockIo => ({
  ...defined({weight: io.weight || undefined}),
  weightDevice: (io.weight_device ?? []).map(({path, weight}) => ({path, weight})),
  readBps: rates(io.device_read_bps),
  writeBps: rates(io.device_write_bps),
  readIops: rates(io.device_read_iops),
  writeIops: rates(io.device_write_iops),
})

const rates = (list: ReadonlyArray<CanonicalRate<string | number>> = []): BlockIo['readBps'] =>
  list.map(({path, rate}) => ({path, rate: Number(rate)}))
