import type {OpenLog} from './files.ts'

const block = 64 * 1024
const newline = 0x0a

/** Where the last `lines` lines begin: an offset in one of the files. Reads backwards, no more than it must. */
export async function tailStart(
  logs: readonly OpenLog[],
  lines: number,
): Promise<{readonly file: number; readonly offset: number}> {
  let wanted = lines
  for (let file = logs.length - 1; file >= 0; file--) {
    const {offset, found} = await lastLines(logs[file]!, wanted)
    wanted -= found
    if (wanted <= 0) return {file, offset}
  }
  return {file: 0, offset: 0}
}

/** Lines end with a newline; what stands after the last one is still being written and comes in any case. */
async function lastLines({handle}: OpenLog, wanted: number): Promise<{offset: number; found: number}> {
  const {size} = await handle.stat()
  const buffer = Buffer.alloc(Math.min(block, size))
  let seen = 0
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block)
    const {bytesRead} = await handle.read(buffer, 0, end - start, start)
    for (let at = bytesRead - 1; at >= 0; at--) {
      if (buffer[at] !== newline) continue
      // The newline before the wanted lines is not one of them.
      if (seen === wanted) return {offset: start + at + 1, found: wanted}
      seen++
    }
    end = start
  }
  return {offset: 0, found: seen}
}
