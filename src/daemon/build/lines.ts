import {StringDecoder} from 'node:string_decoder'

const longest = 16 << 10

/** The lines of a program's output, given as Docker's frames: `[1|2 0 0 0][length u32 BE][bytes]`. */
export function lineReader(onLine: (line: string) => void) {
  let buffered: Buffer = Buffer.alloc(0)
  const rests = new Map<number, {text: string; decoder: StringDecoder}>()

  function text(stream: number, bytes: Buffer): void {
    const rest = rests.get(stream) ?? {text: '', decoder: new StringDecoder('utf8')}
    rests.set(stream, rest)
    const lines = (rest.text + rest.decoder.write(bytes)).split('\n')
    rest.text = lines.pop() ?? ''
    for (const line of lines) onLine(shown(line))
    if (rest.text.length <= longest) return
    onLine(shown(rest.text))
    rest.text = ''
  }

  return {
    add(piece: Buffer): void {
      buffered = buffered.length === 0 ? piece : Buffer.concat([buffered, piece])
      while (buffered.length >= 8) {
        const length = buffered.readUInt32BE(4)
        if (buffered.length < 8 + length) return
        text(buffered[0]!, buffered.subarray(8, 8 + length))
        buffered = buffered.subarray(8 + length)
      }
    },
    end(): void {
      for (const {text: last} of rests.values()) if (last !== '') onLine(shown(last))
      rests.clear()
    },
  }
}

/** Of a progress bar that writes over its own line, its last state. */
const shown = (line: string): string => line.replace(/\r$/, '').split('\r').at(-1) ?? ''
