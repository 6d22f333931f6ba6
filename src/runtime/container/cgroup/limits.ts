import type {DeviceRule} from '../../../base/device-rule.ts'
import {StackError} from '../../../base/error.ts'
import type {ResourceLimits} from '../../../model/container.ts'
import type {BlockIo} from '../../../model/resources.ts'
import {blockIoWrites} from './block-io.ts'
import {ruleLine} from './device-rules.ts'
import type {Controller} from './layout.ts'

/** What is written to one file. An optional one may fail: the kernel was built or booted without it. */
export type CgroupWrite = {
  readonly controller: Controller
  readonly file: string
  readonly value: string
  /** After it, each by a write of its own. */
  readonly further?: readonly string[]
  readonly optional: boolean
  /** Where `file` is missing. */
  readonly instead?: {readonly file: string; readonly value: string}
  /** Where both are missing, what to warn of; else that fails the start. */
  readonly lacking?: string
}

/** Limits that are about devices of this host: their rules (undefined: no rule), and I/O by their numbers. */
export type HardwareLimits = {
  readonly deviceRules: readonly DeviceRule[] | undefined
  readonly blockIo: BlockIo | undefined
}

const period = 100_000

export function cgroupWrites(version: 1 | 2, limits: ResourceLimits, hardware: HardwareLimits): CgroupWrite[] {
  return [
    ...(version === 2 ? unifiedWrites(limits) : legacyWrites(limits)),
    ...blockIoWrites(version, hardware.blockIo),
    ...(version === 1 ? deviceWrites(hardware.deviceRules) : []),
  ]
}

/** Warnings about what no version 2 tree has. Errors: unsupported, for what a program cannot do without. */
export function unhonoured(version: 1 | 2, limits: ResourceLimits): string[] {
  if (version === 1) return []
  if (limits.cpuRealtimeRuntime || limits.cpuRealtimePeriod) {
    throw new StackError('unsupported', 'control groups of version 2 give no real-time CPU time', {
      hint: 'take cpu_rt_runtime and cpu_rt_period out',
    })
  }
  return [
    ...(limits.memorySwappiness === undefined ? [] : ['mem_swappiness has no effect: control groups are version 2']),
    ...(limits.oomKillDisable ? ['oom_kill_disable has no effect: control groups are version 2'] : []),
  ]
}

function unifiedWrites(limits: ResourceLimits): CgroupWrite[] {
  const {cpuShares, cpuset, memory, memoryReservation, pids} = limits
  const swap = swapOf(limits)
  return [
    ...write('memory', 'memory.max', memory),
    ...write('memory', 'memory.low', memoryReservation),
    ...optionally(write('memory', 'memory.swap.max', swap === undefined ? undefined : swap < 0 ? 'max' : swap)),
    ...write('cpu', 'cpu.max', unifiedCpuTime(limits)),
    ...write('cpu', 'cpu.weight', cpuShares ? weightOf(cpuShares) : undefined),
    ...write('cpuset', 'cpuset.cpus', cpuset || undefined),
    ...write('pids', 'pids.max', pids ? (pids < 0 ? 'max' : pids) : undefined),
  ]
}

function legacyWrites(limits: ResourceLimits): CgroupWrite[] {
  const {nanoCpus, cpuShares, cpuset, memory, memoryReservation, pids} = limits
  const swap = swapOf(limits)
  const both = swap === undefined || memory === undefined ? undefined : swap < 0 ? -1 : memory + swap
  return [
    ...write('memory', 'memory.limit_in_bytes', memory),
    ...write('memory', 'memory.soft_limit_in_bytes', memoryReservation),
    ...optionally(write('memory', 'memory.memsw.limit_in_bytes', both)),
    ...write('memory', 'memory.swappiness', textOf(limits.memorySwappiness), {
      lacking: 'mem_swappiness has no effect: this kernel has no memory.swappiness',
    }),
    ...write('memory', 'memory.oom_control', limits.oomKillDisable ? 1 : undefined),
    ...write('cpu', 'cpu.cfs_period_us', nanoCpus ? period : limits.cpuPeriod),
    ...write('cpu', 'cpu.cfs_quota_us', nanoCpus ? quotaOf(nanoCpus) : limits.cpuQuota),
    ...write('cpu', 'cpu.rt_period_us', limits.cpuRealtimePeriod),
    ...write('cpu', 'cpu.rt_runtime_us', limits.cpuRealtimeRuntime),
    ...write('cpu', 'cpu.shares', cpuShares || undefined),
    ...write('cpuset', 'cpuset.cpus', cpuset || undefined),
    ...write('pids', 'pids.max', pids ? (pids < 0 ? 'max' : pids) : undefined),
  ]
}

function deviceWrites(allowed: readonly DeviceRule[] | undefined): CgroupWrite[] {
  if (allowed === undefined) return []
  const [first, ...further] = allowed.map(ruleLine)
  const rules = write('devices', 'devices.allow', first).map(each => ({...each, further}))
  return [...write('devices', 'devices.deny', 'a'), ...rules]
}

/** Swap alone. As much as memory where only that is limited; -1 is without limit. */
function swapOf({memory, memorySwap}: ResourceLimits): number | undefined {
  if (!memory) return undefined
  if (memorySwap === undefined || memorySwap === 0) return memory
  return memorySwap < 0 ? -1 : Math.max(0, memorySwap - memory)
}

/** 0 is a value of its own. */
const textOf = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value))

function unifiedCpuTime({nanoCpus, cpuQuota = -1, cpuPeriod}: ResourceLimits): string | undefined {
  if (nanoCpus) return `${quotaOf(nanoCpus)} ${period}`
  if (cpuQuota <= 0 && !cpuPeriod) return undefined
  return `${cpuQuota > 0 ? cpuQuota : 'max'} ${cpuPeriod || period}`
}

const quotaOf = (nanoCpus: number): number => Math.max(1000, Math.round((nanoCpus * period) / 1e9))

/** Shares 2 … 262144 onto weights 1 … 10000. */
const weightOf = (shares: number): number =>
  1 + Math.floor(((Math.min(Math.max(shares, 2), 262_144) - 2) * 9999) / 262_142)

type Otherwise = {
  readonly instead?: {readonly file: string; readonly value: number | string | undefined}
  readonly lacking?: string
}

export function write(
  controller: Controller,
  file: string,
  value: number | string | undefined,
  {instead, lacking}: Otherwise = {},
): CgroupWrite[] {
  if (value === undefined || value === 0) return []
  const other = instead && {file: instead.file, value: String(instead.value)}
  return [
    {
      ...{controller, file, value: String(value), optional: false},
      ...(other ? {instead: other} : {}),
      ...(lacking ? {lacking} : {}),
    },
  ]
}

const optionally = (writes: readonly CgroupWrite[]): CgroupWrite[] => writes.map(each => ({...each, optional: true}))
