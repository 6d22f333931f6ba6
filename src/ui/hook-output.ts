import {Lines} from './lines.ts'
import type {Write} from './renderer.ts'

/** What a hook writes, line by line, with whose it is in front: `web-1 ->  | ready`. */
export function hookOutput(name: string, write: Write) {
  const lines = new Lines()
  const print = (whole: readonly string[]) => {
    if (whole.length > 0) write(whole.map(line => `${name} ->  | ${line}\n`).join(''))
  }
  return {
    write: (data: Uint8Array) => print(lines.add(data)),
    end: () => print(lines.end()),
  }
}
