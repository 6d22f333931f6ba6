import {createSocket, type RemoteInfo, type Socket} from 'node:dgram'
import type {Listener, ListenOptions} from './reservation.ts'

const idle = 60_000
/** Beyond so many clients at a time the packets of new ones are dropped. */
const mostClients = 1024

type Session = {readonly socket: Socket; timer: NodeJS.Timeout}

/** Listens, and gives each client a socket of its own towards one target until it has been silent for a minute. */
export async function listenUdp({address, port, next}: ListenOptions): Promise<Listener> {
  const server = address.includes(':') ? createSocket({type: 'udp6', ipv6Only: true}) : createSocket('udp4')
  const sessions = new Map<string, Session>()

  function end(key: string): void {
    const session = sessions.get(key)
    if (session === undefined || !sessions.delete(key)) return
    clearTimeout(session.timer)
    session.socket.close()
  }

  function begin(key: string, client: RemoteInfo): Session | undefined {
    const target = sessions.size < mostClients ? next() : undefined
    if (target === undefined) return undefined
    const socket = createSocket('udp4')
    socket.on('error', () => end(key))
    socket.on('message', answer => server.send(answer, client.port, client.address))
    socket.connect(target.port, target.address)
    const session = {socket, timer: setTimeout(() => end(key), idle).unref()}
    sessions.set(key, session)
    return session
  }

  server.on('message', (message, client) => {
    const key = `${client.address} ${client.port}`
    const session = sessions.get(key) ?? begin(key, client)
    if (session === undefined) return
    session.timer.refresh()
    whenConnected(session.socket, () => session.socket.send(message))
  })
  await bind(server, address, port)
  return {
    port: server.address().port,
    async close() {
      for (const key of [...sessions.keys()]) end(key)
      await new Promise<void>(closed => server.close(() => closed()))
    },
  }
}

function bind(server: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Not shared between the workers of a cluster, which would hide that the port is taken.
    server.bind({address, port, exclusive: true}, () => {
      server.off('error', reject)
      server.on('error', () => undefined)
      resolve()
    })
  })
}

function whenConnected(socket: Socket, action: () => void): void {
  try {
    socket.remoteAddress()
    action()
  } catch {
    socket.once('connect', action)
  }
}
