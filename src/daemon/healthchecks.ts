import {delay} from '../base/delay.ts'
import type {ContainerRecord, HealthcheckConfig} from '../model/container.ts'
import type {Containers} from '../runtime/runtime.ts'
import type {Events} from './events.ts'
import {afterProbe, freshHealth, type Health, nextProbe} from './health.ts'
import {probe} from './probe.ts'

type Watched = {health: Health; readonly stop: AbortController}

/** Probes every running container that has a healthcheck, and tells when its health changes. */
export class HealthChecks {
  readonly #containers: Containers
  readonly #events: Events
  readonly #watched = new Map<string, Watched>()

  constructor(containers: Containers, events: Events) {
    this.#containers = containers
    this.#events = events
  }

  /** Undefined where there is no healthcheck. */
  of(id: string): Health | undefined {
    return this.#watched.get(id)?.health
  }

  begin(record: ContainerRecord): void {
    this.end(record.id)
    const config = record.config.healthcheck
    if (config === undefined) return
    const watched = {health: freshHealth(Date.now()), stop: new AbortController()}
    this.#watched.set(record.id, watched)
    void this.#watch(record, config, watched)
  }

  end(id: string): void {
    this.#watched.get(id)?.stop.abort()
    this.#watched.delete(id)
  }

  async #watch(record: ContainerRecord, config: HealthcheckConfig, watched: Watched): Promise<void> {
    const {signal} = watched.stop
    while (await delay(nextProbe(watched.health, config), signal)) {
      const seen = await probe(this.#containers, record, config, signal)
      if (signal.aborted) return
      const before = watched.health.status
      watched.health = afterProbe(watched.health, config, seen)
      if (watched.health.status !== before) this.#tell(record, watched.health.status)
    }
  }

  #tell(record: ContainerRecord, status: Health['status']): void {
    const attributes = {...record.config.labels, image: record.image, name: record.name}
    this.#events.tell('container', `health_status: ${status}`, record.id, attributes)
  }
}
