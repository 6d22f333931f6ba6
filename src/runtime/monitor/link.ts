import {connect, type Socket} from 'node:net'
import {StackError} from '../../base/error.ts'
import {encodeFrame, type Frame, FrameReader, frameTypes} from './frame.ts'
import {encodeProgram, encodeWords, type MonitorStep} from './program.ts'

/**
 * A connection to a monitor's control socket, its request made: from then on frames both ways. The monitor is read only
 * as fast as frames are asked for. Errors: `not-found` where no monitor answers.
 */
export class Link {
  readonly frames: AsyncGenerator<Frame, void, void>
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    this.frames = framesOf(socket)
  }

  static async open(path: string, request: readonly MonitorStep[]): Promise<Link> {
    const socket = await connected(path)
    // What breaks is seen by who reads the frames; a write has nobody to tell.
    socket.on('error', () => undefined)
    const program = encodeProgram(request)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(program.length)
    socket.write(Buffer.concat([length, program]))
    return new Link(socket)
  }

  /** `done` is called when it was handed to the kernel, or cannot be. */
  send(type: number, payload: Uint8Array, done?: () => void): void {
    if (!this.#socket.writable) done?.()
    else this.#socket.write(encodeFrame(type, payload), () => done?.())
  }

  say(...words: string[]): void {
    this.send(frameTypes.words, Buffer.from(encodeWords(words)))
  }

  close(): void {
    this.#socket.destroy()
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.removeListener('error', refused)
      resolve(socket)
    })
    const refused = (cause: Error) => reject(new StackError('not-found', `no monitor answers at ${path}`, {cause}))
    socket.once('error', refused)
  })
}

/** A connection that breaks ends like one that is closed: the monitor is gone. */
async function* framesOf(socket: Socket): AsyncGenerator<Frame, void, void> {
  const reader = new FrameReader()
  try {
    for await (const piece of socket) yield* reader.push(piece as Buffer)
  } catch (error) {
    if (!socket.destroyed) throw error
  }
}
