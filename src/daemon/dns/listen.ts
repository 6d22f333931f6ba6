import {createSocket, type Socket as Datagrams} from 'node:dgram'
import {createServer, type Server, type Socket} from 'node:net'
import {errnoOf} from '../../base/error.ts'
import type {Transport} from './forward.ts'
import {withLength} from './message.ts'

export type Handle = (query: Buffer, from: string, transport: Transport) => Promise<Buffer | undefined>
export type DnsListener = {readonly port: number; close(): Promise<void>}

const dnsPort = 53
/** A free port of one protocol may be taken in the other. */
const attempts = 5
const idle = 10_000

/** Listens for both protocols on one port of the address: 53, or any where another program has that. */
export async function listenDns(address: string, handle: Handle): Promise<DnsListener> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await listenOn(address, attempt === 0 ? dnsPort : 0, handle)
    } catch (error) {
      if (errnoOf(error) !== 'EADDRINUSE' || attempt >= attempts) throw error
    }
  }
}

async function listenOn(address: string, port: number, handle: Handle): Promise<DnsListener> {
  const datagrams = await listenUdp(address, port, handle)
  const bound = datagrams.address().port
  const closeUdp = () => new Promise<void>(resolve => datagrams.close(() => resolve()))
  try {
    const closeTcp = await listenTcp(address, bound, handle)
    return {
      port: bound,
      close: async () => {
        await Promise.all([closeUdp(), closeTcp()])
      },
    }
  } catch (error) {
    await closeUdp()
    throw error
  }
}

function listenUdp(address: string, port: number, handle: Handle): Promise<Datagrams> {
  const socket = createSocket('udp4')
  socket.on('message', (query, client) => {
    void handle(query, client.address, 'udp').then(answer => {
      if (answer !== undefined && isOpen) socket.send(answer, client.port, client.address)
    })
  })
  let isOpen = true
  socket.once('close', () => {
    isOpen = false
  })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({address, port, exclusive: true}, () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

function listenTcp(address: string, port: number, handle: Handle): Promise<() => Promise<void>> {
  const open = new Set<Socket>()
  const server: Server = createServer({allowHalfOpen: true}, client => {
    open.add(client)
    client.once('close', () => open.delete(client))
    client.once('error', () => client.destroy())
    client.setTimeout(idle, () => client.destroy())
    converse(client, handle)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({host: address, port}, () => {
      resolve(() => {
        for (const client of open) client.destroy()
        return new Promise<void>(closed => server.close(() => closed()))
      })
    })
  })
}

/** Questions of one connection, each with its length in front. One that has asked its last still gets its answers. */
function converse(client: Socket, handle: Handle): void {
  const from = client.remoteAddress ?? ''
  let answered = Promise.resolve()
  let received = Buffer.alloc(0)
  client.on('data', part => {
    received = Buffer.concat([received, part])
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE()) {
      const query = received.subarray(2, 2 + received.readUInt16BE())
      received = received.subarray(2 + query.length)
      const reply = answer(client, handle(query, from, 'tcp'))
      answered = answered.then(() => reply)
    }
  })
  client.once('end', () => void answered.then(() => client.end()))
}

async function answer(client: Socket, found: Promise<Buffer | undefined>): Promise<void> {
  const bytes = await found
  if (bytes !== undefined && client.writable) client.write(withLength(bytes))
}
