import {parseBytes} from '../../base/bytes.ts'
import type {Resources} from '../../model/project.ts'
import type {CanonicalService} from '../canonical-form.ts'
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
  })
}
