import type {Networks} from '../../runtime/runtime.ts'
import {type DnsListener, listenDns} from './listen.ts'
import {responder} from './respond.ts'

const dnsPort = 53

export type DnsOptions = {
  readonly networks: Networks
  /** Only containers that run are answered. */
  readonly isRunning: (id: string) => boolean
  readonly warn: (doing: string, error: unknown) => void
}

/** A DNS server on the gateway of each network, for as long as the network is there. */
export async function serveDns({networks, isRunning, warn}: DnsOptions): Promise<{close(): Promise<void>}> {
  const handle = responder(networks, isRunning)
  const listeners = new Map<string, DnsListener>()
  let closed = false
  let queue: Promise<void> = Promise.resolve()

  async function follow(): Promise<void> {
    const present = new Set(networks.list().map(each => each.id))
    for (const [id, listener] of [...listeners]) {
      if (!closed && present.has(id)) continue
      listeners.delete(id)
      await listener.close()
    }
    for (const {id, name, gateway} of closed ? [] : networks.list()) {
      if (listeners.has(id)) continue
      try {
        const listener = await listenDns(gateway, handle)
        listeners.set(id, listener)
        if (listener.port !== dnsPort) await networks.redirectDns(id, listener.port)
      } catch (error) {
        warn(`serve names on network "${name}"`, error)
      }
    }
  }

  /** One after the other: two at once would listen twice. */
  const inTurn = () => {
    queue = queue.then(follow)
    return queue
  }
  networks.onChange(inTurn)
  await inTurn()
  return {
    close() {
      closed = true
      return inTurn()
    },
  }
}
