/** Docker's stream framing: `[1|2 0 0 0][length u32 big-endian][bytes]`. */
export function frame(stream: 'stdout' | 'stderr', data: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(8 + data.length)
  framed.writeUInt32BE(stream === 'stdout' ? 0x01000000 : 0x02000000, 0)
  framed.writeUInt32BE(data.length, 4)
  framed.set(data, 8)
  return framed
}
