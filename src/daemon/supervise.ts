import {existsSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {ContainerRecord, ExitRecord} from '../model/container.ts'
import {type HealthCheckParts, HealthChecks} from './healthchecks.ts'
import {isCalm, judge} from './restart.ts'

export type SupervisorOptions = HealthCheckParts

type Watched = {
  attempts: number
  restarts: number
  timer?: NodeJS.Timeout
  /** A restart that has begun. */
  starting?: Promise<void>
}

/**
 * Keeps containers as their policies want them: judges each end, restarts, probes health. What it must remember over
 * its own death is one marker file per container that the user stopped; the rest is counted anew.
 */
export class Supervisor {
  readonly health: HealthChecks
  readonly #options: SupervisorOptions
  readonly #watched = new Map<string, Watched>()
  readonly #stopped = new Set<string>()
  readonly #waiters = new Map<string, Set<(exit: ExitRecord) => void>>()

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.health = new HealthChecks(options)
    options.runtime.containers.onExit((id, exit) => this.#ended(id, exit))
  }

  /** After the runtime has loaded: goes on with what runs, and starts again what should run and does not. */
  async adopt(): Promise<void> {
    for (const record of this.#options.runtime.containers.list()) {
      if (existsSync(this.#marker(record.id))) this.#stopped.add(record.id)
      const state = this.#options.runtime.containers.state(record.id)
      if (state.status === 'running') this.health.begin(record)
      else if (state.startedAt > 0)
        this.#decide(record, {code: state.exitCode, startedAt: state.startedAt, finishedAt: state.finishedAt})
    }
  }

  async start(record: ContainerRecord, options: {hold?: boolean; env?: readonly string[]} = {}): Promise<void> {
    this.#cancel(record.id)
    if (this.#stopped.delete(record.id)) rmSync(this.#marker(record.id), {force: true})
    await this.#options.runtime.containers.start(record.id, options)
    this.#started(record)
  }

  /** The user wants it to stay down: no policy brings it back. A restart that has begun has ended then: it may run. */
  async keepDown(id: string): Promise<void> {
    this.#cancel(id)
    if (!this.#stopped.has(id)) {
      this.#stopped.add(id)
      try {
        writeFileSync(this.#marker(id), '')
      } catch {
        // It goes down all the same, on a full disk too, or while it is being removed.
      }
    }
    await this.#watched.get(id)?.starting
  }

  forget(id: string): void {
    this.#cancel(id)
    this.health.end(id)
    this.#watched.delete(id)
    this.#stopped.delete(id)
  }

  restarts(id: string): number {
    return this.#watched.get(id)?.restarts ?? 0
  }

  /** Waiting for its next start, or about to run. */
  isRestarting(id: string): boolean {
    const watched = this.#watched.get(id)
    return watched !== undefined && isWaiting(watched)
  }

  anyRestarting(): boolean {
    return [...this.#watched.values()].some(isWaiting)
  }

  /** The next end of a container. */
  nextExit(id: string): Promise<ExitRecord> {
    return new Promise(resolve => {
      const waiting = this.#waiters.get(id) ?? new Set()
      this.#waiters.set(id, waiting.add(resolve))
    })
  }

  #started(record: ContainerRecord): void {
    this.#options.events.tell('container', 'start', record.id, attributesOf(record))
    this.health.begin(record)
  }

  #ended(id: string, exit: ExitRecord): void {
    const record = this.#options.runtime.containers.get(id)
    if (record === undefined) return
    this.health.end(id)
    const attributes = attributesOf(record)
    if (exit.oom) this.#options.events.tell('container', 'oom', id, attributes)
    const execDuration = String(Math.round((exit.finishedAt - exit.startedAt) / 1000))
    this.#options.events.tell('container', 'die', id, {...attributes, exitCode: String(exit.code), execDuration})
    this.#decide(record, exit)
    const waiting = this.#waiters.get(id)
    this.#waiters.delete(id)
    for (const resolve of waiting ?? []) resolve(exit)
  }

  #decide(record: ContainerRecord, exit: {code: number; startedAt: number; finishedAt: number}): void {
    const watched = this.#watchedOf(record.id)
    if (watched.timer !== undefined) return
    const ranFor = exit.finishedAt - exit.startedAt
    if (isCalm(record.host.restart, ranFor)) watched.attempts = 0
    const stoppedByUser = this.#stopped.has(record.id)
    const verdict = judge(record.host.restart, {exitCode: exit.code, ranFor, attempts: watched.attempts, stoppedByUser})
    if (!verdict.restart) return
    watched.timer = setTimeout(() => {
      delete watched.timer
      watched.starting = this.#restart(record.id, watched).finally(() => delete watched.starting)
    }, verdict.after)
  }

  async #restart(id: string, watched: Watched): Promise<void> {
    const record = this.#options.runtime.containers.get(id)
    if (record === undefined) return
    watched.attempts += 1
    watched.restarts += 1
    try {
      await this.#options.runtime.containers.start(id)
      this.#started(record)
    } catch (error) {
      this.#options.warn(`cannot restart ${record.name}`, error)
      const now = Date.now()
      this.#decide(record, {code: 128, startedAt: now, finishedAt: now})
    }
  }

  #cancel(id: string): void {
    const watched = this.#watched.get(id)
    if (watched === undefined) return
    clearTimeout(watched.timer)
    delete watched.timer
    watched.attempts = 0
  }

  #watchedOf(id: string): Watched {
    const found = this.#watched.get(id) ?? {attempts: 0, restarts: 0}
    this.#watched.set(id, found)
    return found
  }

  #marker(id: string): string {
    return join(this.#options.runtime.paths.container(id).directory, 'stopped')
  }
}

const isWaiting = ({timer, starting}: Watched): boolean => timer !== undefined || starting !== undefined

/** What an event says of its container: image, name, and every label. */
export const attributesOf = (record: ContainerRecord): Readonly<Record<string, string>> => ({
  ...record.config.labels,
  image: record.image,
  name: record.name,
})
