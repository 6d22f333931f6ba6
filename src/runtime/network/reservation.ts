import {errnoOf} from '../../base/error.ts'
import {listenTcp} from './tcp-relay.ts'
import {listenUdp} from './udp-relay.ts'

export type Target = {readonly address: string; readonly port: number}

/** A socket that has a port of the host, and hands on what comes in by it. */
export type Listener = {readonly port: number; close(): Promise<void>}

export type ListenOptions = {
  readonly address: string
  readonly port: number
  /** Where the next connection goes; undefined where there is nobody. */
  readonly next: () => Target | undefined
}

/**
 * Holds a port of the host, so that another program which wants it is told. The rules catch what is sent to it by
 * IPv4; what the sockets get (IPv6, for which the kernel has no route_localnet) they relay.
 */
export class Reservation {
  readonly port: number
  /** Who gets the connections, in turn. */
  targets: readonly Target[] = []
  readonly #listeners: Listener[]
  #turn = 0

  private constructor(port: number) {
    this.port = port
    this.#listeners = []
  }

  /** Rejects with EADDRINUSE where the port is taken; port 0 is any. */
  static async take(protocol: 'tcp' | 'udp', hostIp: string, port: number): Promise<Reservation> {
    const [first = '', ...more] = hostIp === '' ? ['0.0.0.0', '::'] : [hostIp]
    const listen = protocol === 'tcp' ? listenTcp : listenUdp
    let next: () => Target | undefined = () => undefined
    const listener = await listen({address: first, port, next: () => next()})
    const reservation = new Reservation(listener.port)
    reservation.#listeners.push(listener)
    next = () => reservation.#next()
    for (const address of more) await reservation.#add(() => listen({address, port: reservation.port, next}))
    return reservation
  }

  async #add(listen: () => Promise<Listener>): Promise<void> {
    try {
      this.#listeners.push(await listen())
    } catch (error) {
      if (withoutIpv6.has(errnoOf(error) ?? '')) return
      await this.close()
      throw error
    }
  }

  #next(): Target | undefined {
    return this.targets[this.#turn++ % this.targets.length]
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map(each => each.close()))
  }
}

const withoutIpv6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'])
