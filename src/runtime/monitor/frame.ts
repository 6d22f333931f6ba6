/** What a frame carries; 1 and 2 are what Docker's frames have, too. */
export const frameTypes = {stdin: 0, stdout: 1, stderr: 2, words: 3} as const

/** `whole` is the frame as it came, header and payload. */
export type Frame = {readonly type: number; readonly payload: Buffer; readonly whole: Buffer}

const headerSize = 8

export function encodeFrame(type: number, payload: Uint8Array): Buffer {
  const whole = Buffer.alloc(headerSize + payload.length)
  whole[0] = type
  whole.writeUInt32BE(payload.length, 4)
  whole.set(payload, headerSize)
  return whole
}

/** Puts frames together from the pieces in which they arrive. */
export class FrameReader {
  #pieces: Buffer[] = []
  #size = 0

  push(piece: Buffer): Frame[] {
    this.#pieces.push(piece)
    this.#size += piece.length
    const frames: Frame[] = []
    for (let length = this.#next(); length !== undefined; length = this.#next()) {
      const whole = this.#take(length)
      frames.push({type: whole[0] as number, payload: whole.subarray(headerSize), whole})
    }
    return frames
  }

  /** Length of the next frame, once all of it is there. */
  #next(): number | undefined {
    if (this.#size < headerSize) return undefined
    if ((this.#pieces[0] as Buffer).length < headerSize) this.#join()
    const length = headerSize + (this.#pieces[0] as Buffer).readUInt32BE(4)
    return this.#size < length ? undefined : length
  }

  #take(length: number): Buffer {
    if ((this.#pieces[0] as Buffer).length < length) this.#join()
    const first = this.#pieces[0] as Buffer
    this.#size -= length
    if (first.length === length) this.#pieces.shift()
    else this.#pieces[0] = first.subarray(length)
    return first.subarray(0, length)
  }

  #join(): void {
    this.#pieces = [Buffer.concat(this.#pieces)]
  }
}
