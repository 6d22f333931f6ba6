import {randomInt} from 'node:crypto'
import {createSocket} from 'node:dgram'
import {createConnection} from 'node:net'
import {withLength} from './message.ts'

export type Transport = 'udp' | 'tcp'

const patience = 2000
const port = 53
/** At most so many questions wait for others at a time. */
const mostWaiting = 1000
let waiting = 0

/** Asks the servers one after the other; undefined where none answers in time. */
export async function forwardQuery(
  query: Buffer,
  servers: readonly string[],
  transport: Transport,
): Promise<Buffer | undefined> {
  if (waiting >= mostWaiting) return undefined
  waiting++
  try {
    for (const server of servers) {
      const answer = await ask(query, server, transport)
      if (answer !== undefined) return answer
    }
    return undefined
  } finally {
    waiting--
  }
}

/** With an id of our own, from a port of its own: harder to forge an answer to. */
async function ask(query: Buffer, server: string, transport: Transport): Promise<Buffer | undefined> {
  const own = Buffer.from(query)
  own.writeUInt16BE(randomInt(65536))
  const answer = await (transport === 'udp' ? askUdp(own, server) : askTcp(own, server))
  if (answer === undefined) return undefined
  const restored = Buffer.from(answer)
  query.copy(restored, 0, 0, 2)
  return restored
}

const isAnswerTo = (query: Buffer, answer: Buffer): boolean =>
  answer.length >= 12 && answer.readUInt16BE() === query.readUInt16BE()

function askUdp(query: Buffer, server: string): Promise<Buffer | undefined> {
  const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4')
  return new Promise<Buffer | undefined>(resolve => {
    const timer = setTimeout(() => resolve(undefined), patience)
    const settle = (answer: Buffer | undefined) => {
      clearTimeout(timer)
      resolve(answer)
    }
    socket.on('error', () => settle(undefined))
    socket.on('message', answer => {
      if (isAnswerTo(query, answer)) settle(answer)
    })
    // Connected, so that the kernel drops what comes from elsewhere and tells us of a closed port.
    socket.connect(port, server, (failure?: Error) => {
      if (failure) settle(undefined)
      else socket.send(query, error => error && settle(undefined))
    })
  }).finally(() => socket.close())
}

function askTcp(query: Buffer, server: string): Promise<Buffer | undefined> {
  const socket = createConnection({host: server, port})
  return new Promise<Buffer | undefined>(resolve => {
    let received = Buffer.alloc(0)
    socket.setTimeout(patience, () => resolve(undefined))
    socket.once('error', () => resolve(undefined))
    socket.once('close', () => resolve(undefined))
    socket.once('connect', () => socket.write(withLength(query)))
    socket.on('data', part => {
      received = Buffer.concat([received, part])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE()) return
      const answer = received.subarray(2, 2 + received.readUInt16BE())
      resolve(isAnswerTo(query, answer) ? answer : undefined)
    })
  }).finally(() => socket.destroy())
}
