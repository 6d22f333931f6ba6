import {createServer} from 'node:net'
import {delay} from './delay.ts'

/**
 * Takes a lock that the kernel frees with its holder: an abstract unix socket. Waits for so many milliseconds;
 * undefined where another holds it all that time.
 */
export async function takeLock(name: string, patience: number): Promise<{release(): void} | undefined> {
  const deadline = Date.now() + patience
  do {
    const server = await tryListen(`\0${name}`)
    if (server) return {release: () => void server.close()}
  } while (Date.now() < deadline && (await delay(20)))
  return undefined
}

function tryListen(path: string) {
  const server = createServer(socket => socket.destroy())
  return new Promise<typeof server | undefined>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(path, () => resolve(server))
  })
}
