import type {ResourceLimits} from '../../../model/container.ts'
import {deviceRules} from '../masks.ts'
import type {Controller} from './layout.ts'

/** One line for one file. An optional one may fail: the kernel was built or booted without it. */
export type CgroupWrite = {
  readonly controller: Controller
  readonly file: string
  readonly value: string
  readonly optional: boolean
}

const period = 100_000

export function cgroupWrites(version: 1 | 2, limits: ResourceLimits, isPrivileged: boolean): CgroupWrite[] {
  return version === 2 ? unifiedWrites(limits) : [...legacyWrites(limits), ...deviceWrites(isPrivileged)]
}

function unifiedWrites(limits: ResourceLimits): CgroupWrite[] {
  const {nanoCpus, cpuShares, cpuset, memory, memoryReservation, pids} = limits
  const swap = swapOf(limits)
  return [
    ...write('memory', 'memory.max', memory),
    ...write('memory', 'memory.low', memoryReservation),
    ...optionally(write('memory', 'memory.swap.max', swap === undefined ? undefined : swap < 0 ? 'max' : swap)),
    ...write('cpu', 'cpu.max', nanoCpus ? `${quotaOf(nanoCpus)} ${period}` : undefined),
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
    ...write('cpu', 'cpu.cfs_period_us', nanoCpus ? period : undefined),
    ...write('cpu', 'cpu.cfs_quota_us', nanoCpus ? quotaOf(nanoCpus) : undefined),
    ...write('cpu', 'cpu.shares', cpuShares || undefined),
    ...write('cpuset', 'cpuset.cpus', cpuset || undefined),
    ...write('pids', 'pids.max', pids ? (pids < 0 ? 'max' : pids) : undefined),
  ]
}

function deviceWrites(isPrivileged: boolean): CgroupWrite[] {
  if (isPrivileged) return []
  const rules = deviceRules.flatMap(rule => write('devices', 'devices.allow', rule))
  return [...write('devices', 'devices.deny', 'a'), ...rules]
}

/** Swap alone. As much as memory where only that is limited; -1 is without limit. */
function swapOf({memory, memorySwap}: ResourceLimits): number | undefined {
  if (!memory) return undefined
  if (memorySwap === undefined || memorySwap === 0) return memory
  return memorySwap < 0 ? -1 : Math.max(0, memorySwap - memory)
}

const quotaOf = (nanoCpus: number): number => Math.max(1000, Math.round((nanoCpus * period) / 1e9))

/** Shares 2 … 262144 onto weights 1 … 10000. */
const weightOf = (shares: number): number =>
  1 + Math.floor(((Math.min(Math.max(shares, 2), 262_144) - 2) * 9999) / 262_142)

function write(controller: Controller, file: string, value: number | string | undefined): CgroupWrite[] {
  return value === undefined || value === 0 ? [] : [{controller, file, value: String(value), optional: false}]
}

const optionally = (writes: readonly CgroupWrite[]): CgroupWrite[] => writes.map(each => ({...each, optional: true}))
