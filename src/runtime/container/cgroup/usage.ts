import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {ContainerStats} from '../../runtime.ts'
import type {CgroupDirectories, Controller} from './layout.ts'

/** What a container uses right now; a file that is not there counts as nothing. `pid` is any process of its network. */
export function usageOf(directories: CgroupDirectories | undefined, pid: number): ContainerStats {
  const read = (controller: Controller, file: string): string => {
    const directory = directories?.ofController(controller)
    return directory === undefined ? '' : readOr(join(directory, file))
  }
  const cpu = directories?.version === 2 ? unifiedCpu(read) : legacyCpu(read)
  const memory = directories?.version === 2 ? unifiedMemory(read) : legacyMemory(read)
  const memoryTotal = 1024 * Number(/MemTotal:\s+(\d+)/.exec(readOr('/proc/meminfo'))?.[1] ?? 0)
  return {
    ...cpu,
    ...hostCpu(readOr('/proc/stat')),
    ...memory,
    memoryLimit: Math.min(memory.memoryLimit || memoryTotal, memoryTotal),
    pids: Number(read('pids', 'pids.current')) || 0,
    networks: interfaceCounters(pid > 0 ? readOr(`/proc/${pid}/net/dev`) : ''),
  }
}

type Read = (controller: Controller, file: string) => string

function unifiedCpu(read: Read) {
  const text = read('cpu', 'cpu.stat')
  const nanoseconds = (key: string): number => 1000 * field(text, key)
  return {
    cpuTotal: nanoseconds('usage_usec'),
    cpuUser: nanoseconds('user_usec'),
    cpuSystem: nanoseconds('system_usec'),
  }
}

function legacyCpu(read: Read) {
  return {
    cpuTotal: Number(read('cpuacct', 'cpuacct.usage')),
    cpuUser: Number(read('cpuacct', 'cpuacct.usage_user')),
    cpuSystem: Number(read('cpuacct', 'cpuacct.usage_sys')),
  }
}

function unifiedMemory(read: Read) {
  return {
    memoryUsage: Number(read('memory', 'memory.current')),
    memoryLimit: Number(read('memory', 'memory.max').trim()) || 0,
    inactiveFile: field(read('memory', 'memory.stat'), 'inactive_file'),
  }
}

function legacyMemory(read: Read) {
  return {
    memoryUsage: Number(read('memory', 'memory.usage_in_bytes')),
    memoryLimit: Number(read('memory', 'memory.limit_in_bytes')),
    inactiveFile: field(read('memory', 'memory.stat'), 'total_inactive_file'),
  }
}

/** user, nice, system, idle, iowait, irq, softirq, steal, in hundredths of a second; guest time is in user's. */
export function hostCpu(stat: string): {readonly systemCpu: number; readonly onlineCpus: number} {
  const ticks = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').slice(0, 8).map(Number)
  return {
    systemCpu: ticks.reduce((sum, each) => sum + each, 0) * 10_000_000,
    onlineCpus: (stat.match(/^cpu\d+ /gm) ?? []).length,
  }
}

/** From the text of /proc/PID/net/dev, without `lo`. */
export function interfaceCounters(text: string): ContainerStats['networks'] {
  const rows = text.split('\n').flatMap(line => {
    const [name, counters] = line.split(':')
    if (name === undefined || counters === undefined || name.trim() === 'lo') return []
    const [rxBytes = 0, rxPackets = 0, , , , , , , txBytes = 0, txPackets = 0] = counters
      .trim()
      .split(/\s+/)
      .map(Number)
    return [[name.trim(), {rxBytes, rxPackets, txBytes, txPackets}] as const]
  })
  return Object.fromEntries(rows)
}

const field = (text: string, key: string): number => Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
