import {createConnection, createServer, type Socket} from 'node:net'
import type {Listener, ListenOptions, Target} from './reservation.ts'

/** Listens, and joins each connection to the next target until both sides have closed. */
export function listenTcp({address, port, next}: ListenOptions): Promise<Listener> {
  const open = new Set<Socket>()
  const server = createServer({allowHalfOpen: true, pauseOnConnect: true}, client => {
    const target = next()
    if (target === undefined) return client.resetAndDestroy()
    open.add(client)
    client.once('close', () => open.delete(client))
    join(client, target)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({host: address, port, ipv6Only: true}, () => {
      server.off('error', reject)
      // A connection that fails between accept and us is its client's loss alone.
      server.on('error', () => undefined)
      const bound = server.address()
      resolve({
        port: typeof bound === 'object' && bound ? bound.port : port,
        async close() {
          for (const client of open) client.destroy()
          await new Promise(closed => server.close(closed))
        },
      })
    })
  })
}

function join(client: Socket, {address, port}: Target): void {
  const upstream = createConnection({host: address, port, allowHalfOpen: true})
  client.pipe(upstream)
  upstream.pipe(client)
  client.once('error', () => upstream.destroy())
  upstream.once('error', () => client.resetAndDestroy())
  client.once('close', () => upstream.destroy())
}
