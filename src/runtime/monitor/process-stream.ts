import {Duplex} from 'node:stream'
import {type Deferred, deferred} from '../../base/deferred.ts'
import type {ProcessStream, TerminalSize} from '../runtime.ts'
import {frameTypes} from './frame.ts'
import type {Link} from './link.ts'
import {decodeWords} from './program.ts'

/** Of a program whose monitor was killed: it is killed with it. */
const lostCode = 137
const largestWrite = 64 * 1024

export type StreamOptions = {
  readonly pid: number
  readonly tty: boolean
  /** Goes on, when `io` is destroyed, to listen for the end; otherwise it leaves, and `exited` is resolved at once. */
  readonly outlives: boolean
}

/** A program's stdio over frames of the monitor. Nothing is read from the monitor that `io` has no room for. */
export function processStream(link: Link, {pid, tty, outlives}: StreamOptions): ProcessStream {
  const exited = deferred<{readonly code: number}>()
  let room: Deferred<void> | undefined
  const makeRoom = () => {
    room?.resolve()
    room = undefined
  }
  const io = new Duplex({
    read: makeRoom,
    write: (chunk: Buffer, _encoding, done) => sendInput(link, chunk, done),
    final: done => link.send(frameTypes.stdin, new Uint8Array(), () => done()),
    destroy(error, done) {
      makeRoom()
      if (outlives) link.send(frameTypes.stdin, new Uint8Array())
      else link.close()
      done(error)
    },
  })

  const pump = async () => {
    for await (const {type, payload, whole} of link.frames) {
      if (type === frameTypes.words) return Number(decodeWords(payload)[1])
      if (io.destroyed || io.push(tty ? payload : whole)) continue
      room = deferred()
      await room.promise
    }
    return lostCode
  }
  pump()
    .catch(() => lostCode)
    .then(async code => {
      link.close()
      await readToEnd(io)
      exited.resolve({code})
    })

  return {
    io,
    pid,
    exited: exited.promise,
    resize: async ({rows, columns}: TerminalSize) => link.say('resize', String(rows), String(columns)),
    signal: async number => link.say('signal', String(number)),
  }
}

/** A frame of no bytes would close the program's stdin. */
function sendInput(link: Link, chunk: Buffer, done: () => void): void {
  if (chunk.length === 0) done()
  for (let at = 0; at < chunk.length; at += largestWrite) {
    const part = chunk.subarray(at, at + largestWrite)
    link.send(frameTypes.stdin, part, at + part.length === chunk.length ? done : undefined)
  }
}

/** Ends what can be read, and resolves when all of it was. */
function readToEnd(io: Duplex): Promise<void> {
  if (io.destroyed) return Promise.resolve()
  io.push(null)
  if (io.readableLength === 0) return Promise.resolve()
  return new Promise(resolve => {
    io.once('end', resolve)
    io.once('close', resolve)
  })
}
