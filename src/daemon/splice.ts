import type {Duplex} from 'node:stream'
import type {ProcessStream} from '../runtime/runtime.ts'

/**
 * Joins a program's stdio and a hijacked connection. A client that ends its side only ends stdin; what the program
 * writes still reaches it. Resolves when the program has ended and the client has it all.
 */
export async function splice(stream: ProcessStream, client: Duplex, options: {stdin: boolean}): Promise<void> {
  const {io} = stream
  io.on('error', () => client.destroy())
  client.on('error', () => io.destroy())
  client.on('close', () => io.destroy())
  if (options.stdin) client.pipe(io)
  else client.resume()
  io.pipe(client, {end: false})
  await stream.exited
  client.end()
}
