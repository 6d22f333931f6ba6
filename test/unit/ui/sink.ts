import {Writable} from 'node:stream'

/** A stream that remembers what was written to it. */
export class Sink extends Writable {
  text = ''
  isTTY = false

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }

  /** The same, as the type that a terminal has. */
  get terminal(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream
  }
}
