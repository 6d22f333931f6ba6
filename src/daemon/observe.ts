import type {ContainerRecord} from '../model/container.ts'
import type {Daemon} from './context.ts'
import type {Observed} from './translate/observed.ts'

/** Gathers what is known of one container now. */
export function observe(daemon: Daemon, record: ContainerRecord): Observed {
  const {runtime, supervisor} = daemon
  return {
    record,
    state: runtime.containers.state(record.id),
    restarting: supervisor.isRestarting(record.id),
    restarts: supervisor.restarts(record.id),
    health: supervisor.health.of(record.id),
    endpoints: runtime.networks.endpoints(record.id),
    published: runtime.networks.published(record.id),
    networkIds: Object.fromEntries(
      record.endpoints.map(each => [each.network, runtime.networks.find(each.network)?.id ?? '']),
    ),
    execIds: daemon.execs.of(record.id).map(each => each.id),
    logPath: runtime.paths.container(record.id).log,
    volumePath: name => runtime.volumes.find(name)?.mountpoint ?? '',
  }
}
