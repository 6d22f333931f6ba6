import {errnoOf, StackError, within} from '../../base/error.ts'
import type {ContainerRecord, PortBinding} from '../../model/container.ts'
import type {Endpoint} from '../../model/network.ts'
import type {PortQuestion, TakenPort, WantedPort} from '../../model/port.ts'
import type {PublishedPort} from '../runtime.ts'
import {holderOf} from './holder.ts'
import type {Lease, Leases} from './leases.ts'
import {candidates, holderName, isEvery, lastNumber, mayShare, rivals} from './ports.ts'
import {Reservation, type Target} from './reservation.ts'
import type {Publication} from './rules.ts'

/** The host's ports that are given to containers, each reserved once and spread over all that share it. */
export class Ports {
  readonly #leases: Leases
  /** The endpoint that a container is reached by from outside; undefined where all its networks are internal. */
  readonly #entrance: (lease: Lease) => Endpoint | undefined
  readonly #reservations = new Map<string, {readonly reservation: Reservation; readonly users: Set<string>}>()
  readonly #unready = new Set<string>()
  /** One at a time: two that look for a free port must not find the same. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(leases: Leases, entrance: (lease: Lease) => Endpoint | undefined) {
    this.#leases = leases
    this.#entrance = entrance
  }

  /** Reserves all ports of a container, or none; its lease as it is then. */
  take(record: ContainerRecord, lease: Lease): Promise<Lease> {
    const taken = this.#queue.then(async () => {
      const ports = await this.#takeAll(record.host.portBindings, lease)
      const publishing = {...lease, ports, publishing: true}
      // Before the next one looks: it asks the leases who has a port.
      this.#leases.hold(publishing)
      return publishing
    })
    this.#queue = taken.catch(() => undefined)
    return taken
  }

  async #takeAll(bindings: readonly PortBinding[], lease: Lease): Promise<readonly PublishedPort[]> {
    const ports: PublishedPort[] = []
    try {
      for (const binding of bindings) ports.push(await this.#takeOne(binding, lease))
      return ports
    } catch (error) {
      await this.release(lease.container)
      throw error
    }
  }

  async #takeOne(asked: PortBinding, lease: Lease): Promise<PublishedPort> {
    const binding = isEvery(asked.hostIp) ? {...asked, hostIp: ''} : asked
    const numbers = candidates(binding, lastNumber(binding, lease.ports))
    let failure: unknown
    for (const number of numbers) {
      try {
        return await this.reserve({...binding, hostPortNumber: number}, lease, {share: numbers.length === 1})
      } catch (error) {
        failure ??= error
      }
    }
    if (numbers.length === 1 || binding.hostPort === '') throw failure
    throw new StackError('port-taken', `all ports of ${binding.hostPort} are taken`, {cause: failure})
  }

  /** Also how a daemon that has just started takes over the ports of containers that run. */
  async reserve(port: PublishedPort, lease: Lease, {share}: {readonly share: boolean}): Promise<PublishedPort> {
    const known = this.#reservations.get(keyOf(port))
    const others = rivals(this.#leases.all(), port, lease.container)
    const stranger = others.find(each => !share || !mayShare(each, lease))
    if (stranger) throw taken(port, holderName(stranger))
    if (known) {
      known.users.add(lease.container)
      return port
    }
    const reservation = await this.#listen(port)
    const held = {...port, hostPortNumber: reservation.port}
    this.#reservations.set(keyOf(held), {reservation, users: new Set([lease.container])})
    return held
  }

  /** Asked before anything is started: by our own books, else by listening for a moment. */
  async taken({project, leaving, ports}: PortQuestion): Promise<readonly TakenPort[]> {
    const found: TakenPort[] = []
    for (const {service, hostIp, port, protocol, isShared} of ports) {
      const asked = {service, hostIp: isEvery(hostIp) ? '' : hostIp, port, protocol, isShared}
      const problem = await this.#problemWith(asked, {project, leaving})
      if (problem !== undefined) found.push({hostIp, port, protocol, problem})
    }
    return found
  }

  async #problemWith(
    {service, hostIp, port, protocol, isShared}: WantedPort,
    {project, leaving}: Pick<PortQuestion, 'project' | 'leaving'>,
  ): Promise<string | undefined> {
    const published = {protocol, hostIp, hostPort: String(port), hostPortNumber: port, target: 0}
    const others = rivals(this.#leases.all(), published, '').filter(each => !leaving.includes(each.container))
    const stranger = others.find(each => !isShared || !mayShare(each, {project, service}))
    if (stranger) return taken(published, holderName(stranger)).message
    // The sockets are ours: of a replica, or of one that leaves.
    if ([...this.#reservations.keys()].some(key => key.startsWith(`${protocol} `) && key.endsWith(` ${port}`))) return
    try {
      await (await this.#listen(published)).close()
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  async #listen({protocol, hostIp, hostPortNumber}: PublishedPort): Promise<Reservation> {
    try {
      return await Reservation.take(protocol, hostIp, hostPortNumber)
    } catch (error) {
      const port = {protocol, hostIp, hostPortNumber}
      if (errnoOf(error) === 'EADDRINUSE') throw taken(port, await holderOf(protocol, hostPortNumber))
      if (errnoOf(error) === 'EADDRNOTAVAIL') {
        throw new StackError(
          'network-failed',
          `this host has no address ${hostIp} to publish port ${hostPortNumber} on`,
        )
      }
      return within(`publish port ${hostPortNumber}`, () => Promise.reject(error))
    }
  }

  /** False where that was known. */
  setReady(container: string, isReady: boolean): boolean {
    const isNews = this.#unready.has(container) === isReady
    if (isReady) this.#unready.delete(container)
    else this.#unready.add(container)
    return isNews
  }

  /** Whether another container that is ready has one of its ports. */
  isShared({container, ports}: Lease): boolean {
    return ports.some(port =>
      rivals(this.#leases.all(), port, container).some(each => !this.#unready.has(each.container)),
    )
  }

  async release(container: string): Promise<void> {
    this.#unready.delete(container)
    for (const [key, {reservation, users}] of [...this.#reservations]) {
      if (!users.delete(container) || users.size > 0) continue
      this.#reservations.delete(key)
      await reservation.close()
    }
  }

  /** What the rules say, told to the relays as well. */
  publications(): readonly Publication[] {
    const found = new Map<string, Publication & {readonly targets: Candidate[]}>()
    for (const lease of this.#leases.all()) {
      const entrance = lease.publishing ? this.#entrance(lease) : undefined
      if (entrance === undefined) continue
      const isReady = !this.#unready.has(lease.container)
      for (const port of lease.ports) {
        const {protocol, hostIp, hostPortNumber, target} = port
        const place = found.get(keyOf(port)) ?? {protocol, hostIp, port: hostPortNumber, targets: []}
        place.targets.push({address: entrance.address, port: target, isReady})
        found.set(keyOf(port), place)
      }
    }
    const all = [...found].map(([key, each]) => [key, {...each, targets: readyTargets(each.targets)}] as const)
    const published = new Map<string, Publication>(all)
    for (const [key, {reservation}] of this.#reservations) reservation.targets = published.get(key)?.targets ?? []
    return [...published.values()].filter(each => !each.hostIp.includes(':'))
  }

  async close(): Promise<void> {
    const all = [...this.#reservations.values()]
    this.#reservations.clear()
    await Promise.all(all.map(each => each.reservation.close()))
  }
}

type Candidate = Target & {readonly isReady: boolean}

/** Better one that may answer than none at all. */
function readyTargets(all: readonly Candidate[]): readonly Target[] {
  const ready = all.filter(each => each.isReady)
  return (ready.length > 0 ? ready : all).map(({address, port}) => ({address, port}))
}

const keyOf = ({protocol, hostIp, hostPortNumber}: Pick<PublishedPort, 'protocol' | 'hostIp' | 'hostPortNumber'>) =>
  `${protocol} ${hostIp} ${hostPortNumber}`

function taken(port: {readonly hostPortNumber: number}, by: string | undefined): StackError {
  return new StackError('port-taken', `port ${port.hostPortNumber} is taken${by === undefined ? '' : ` by ${by}`}`, {
    hint: 'publish another port of the host, or end what has this one',
  })
}
