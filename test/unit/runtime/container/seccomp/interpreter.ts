/** Runs a classic BPF program over a struct seccomp_data, as the kernel would; throws on what the kernel would refuse. */
export function runFilter(
  program: Buffer,
  data: {readonly number: number; readonly architecture: number; readonly arguments?: readonly bigint[]},
): number {
  const memory = Buffer.alloc(64)
  memory.writeInt32LE(data.number | 0, 0)
  memory.writeUInt32LE(data.architecture, 4)
  for (const [index, each] of (data.arguments ?? []).entries()) memory.writeBigUInt64LE(each, 16 + 8 * index)
  let accumulator = 0
  for (let pc = 0; pc < program.length / 8; ) {
    const [code, jt, jf, k] = [
      program.readUInt16LE(pc * 8),
      program.readUInt8(pc * 8 + 2),
      program.readUInt8(pc * 8 + 3),
      program.readUInt32LE(pc * 8 + 4),
    ]
    pc++
    if (code === 0x20) accumulator = memory.readUInt32LE(k)
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0
    else if (code === 0x05) pc += k
    else if (code === 0x15) pc += accumulator === k ? jt : jf
    else if (code === 0x25) pc += accumulator > k ? jt : jf
    else if (code === 0x35) pc += accumulator >= k ? jt : jf
    else if (code === 0x06) return k
    else throw new Error(`instruction ${pc - 1} has an unknown code ${code}`)
  }
  throw new Error('the program ran off its end')
}
