const newline = 0x0a
/** A program that never ends its line must not fill our memory. */
const longest = 1 << 20

/** Joins chunks into whole lines, each without its newline. */
export class Lines {
  #rest: Buffer = Buffer.alloc(0)

  add(data: Uint8Array): string[] {
    const all = this.#rest.length === 0 ? Buffer.from(data) : Buffer.concat([this.#rest, data])
    const lines: string[] = []
    let from = 0
    for (let to = all.indexOf(newline); to >= 0; to = all.indexOf(newline, from)) {
      lines.push(all.toString('utf8', from, to))
      from = to + 1
    }
    this.#rest = all.subarray(from)
    return this.#rest.length > longest ? [...lines, ...this.end()] : lines
  }

  /** What is left when no more comes. */
  end(): string[] {
    const rest = this.#rest
    this.#rest = Buffer.alloc(0)
    return rest.length === 0 ? [] : [rest.toString('utf8')]
  }
}
