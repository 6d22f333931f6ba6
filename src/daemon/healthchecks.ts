import {delay} from '../base/delay.ts'
import type {ContainerRecord, HealthcheckConfig} from '../model/container.ts'
import type {Runtime} from '../runtime/runtime.ts'
import type {Events} from './events.ts'
import {afterProbe, freshHealth, type Health, nextProbe} from './health.ts'
import {probe} from './probe.ts'

export type HealthCheckParts = {
  readonly runtime: Runtime
  readonly events: Events
  readonly warn: (message: string, error: unknown) => void
}

type Watched = {health: Health; readonly stop: AbortController}

/** Probes every running container that has a healthcheck, and tells when its health changes; published ports lead to healthy ones. */
export class HealthChecks {
  readonly #parts: HealthCheckParts
  readonly #watched = new Map<string, Watched>()

  constructor(parts: HealthCheckParts) {
    this.#parts = parts
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
      const seen = await probe(this.#parts.runtime.containers, record, config, signal)
      if (signal.aborted) return
      const next = afterProbe(watched.health, config, seen)
      const isNews = next.status !== watched.health.status
      // Who waits for a healthy one may connect to it at once: the ports come first.
      if (isNews) await this.#lead(record, next.status === 'healthy')
      watched.health = next
      if (isNews) this.#tell(record, next.status)
    }
  }

  async #lead(record: ContainerRecord, isReady: boolean): Promise<void> {
    try {
      await this.#parts.runtime.networks.setReady(record.id, isReady)
    } catch (error) {
      this.#parts.warn(`cannot tell the published ports of ${record.name} about its health`, error)
    }
  }

  #tell(record: ContainerRecord, status: Health['status']): void {
    const attributes = {...record.config.labels, image: record.image, name: record.name}
    this.#parts.events.tell('container', `health_status: ${status}`, record.id, attributes)
  }
}
