import {readFile} from 'node:fs/promises'
import {delay} from '../../base/delay.ts'
import type {ContainerRecord} from '../../model/container.ts'
import type {ContainerStats} from '../../runtime/runtime.ts'
import type {Daemon} from '../context.ts'
import {findContainer} from '../find.ts'
import {flag} from '../http/query.ts'
import type {Request, Route} from '../http/router.ts'
import {goTime} from '../translate/duration.ts'

const period = 1000

/** What the programs of a container use: stats and top. */
export function statisticsRoutes(daemon: Daemon): Route[] {
  const of = (request: Request) => findContainer(daemon.runtime, request.params.id ?? '')
  return [
    {
      method: 'GET',
      pattern: '/containers/{id}/stats',
      async handle(request, reply) {
        const record = of(request)
        const sample = () => daemon.runtime.containers.stats(record.id)
        const once = request.query.has('stream') && !flag(request.query, 'stream')
        let before: ContainerStats | undefined
        if (once) {
          if (!flag(request.query, 'one-shot')) {
            before = await sample()
            await delay(period, reply.gone)
          }
          return reply.json(200, body(record, await sample(), before))
        }
        const out = reply.stream(200, 'application/json')
        do {
          const now = await sample().catch(() => undefined)
          if (now === undefined) break
          out.write(`${JSON.stringify(body(record, now, before))}\n`)
          before = now
        } while (await delay(period, reply.gone))
        out.end()
      },
    },
    {
      method: 'GET',
      pattern: '/containers/{id}/top',
      async handle(request, reply) {
        const pids = await daemon.runtime.containers.processes(of(request).id)
        const rows = await Promise.all(pids.map(processRow))
        reply.json(200, {Titles: ['UID', 'PID', 'PPID', 'CMD'], Processes: rows.filter(row => row !== undefined)})
      },
    },
  ]
}

/** undefined where the process has ended meanwhile. */
async function processRow(pid: number): Promise<string[] | undefined> {
  try {
    const [status, command] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '?'
    return [field('Uid'), String(pid), field('PPid'), command.split('\0').join(' ').trim() || `[${field('Name')}]`]
  } catch {
    return undefined
  }
}

function body(record: ContainerRecord, now: ContainerStats, before: ContainerStats | undefined) {
  return {
    read: new Date().toISOString(),
    preread: goTime(0),
    name: `/${record.name}`,
    id: record.id,
    num_procs: 0,
    pids_stats: {current: now.pids},
    cpu_stats: cpu(now),
    precpu_stats: before
      ? cpu(before)
      : {cpu_usage: {total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0}, throttling_data: {}},
    memory_stats: {
      usage: now.memoryUsage,
      limit: now.memoryLimit,
      stats: {inactive_file: now.inactiveFile, total_inactive_file: now.inactiveFile},
    },
    networks: Object.fromEntries(
      Object.entries(now.networks).map(([name, each]) => [
        name,
        {
          rx_bytes: each.rxBytes,
          rx_packets: each.rxPackets,
          rx_errors: 0,
          rx_dropped: 0,
          tx_bytes: each.txBytes,
          tx_packets: each.txPackets,
          tx_errors: 0,
          tx_dropped: 0,
        },
      ]),
    ),
    blkio_stats: {io_service_bytes_recursive: null},
    storage_stats: {},
  }
}

const cpu = (stats: ContainerStats) => ({
  cpu_usage: {total_usage: stats.cpuTotal, usage_in_kernelmode: stats.cpuSystem, usage_in_usermode: stats.cpuUser},
  system_cpu_usage: stats.systemCpu,
  online_cpus: stats.onlineCpus,
  throttling_data: {periods: 0, throttled_periods: 0, throttled_time: 0},
})
