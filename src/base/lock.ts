import {createServer} from 'node:net'
import {delay} from './delay.ts'

export type Lock = {release(): void}

/**
 * Takes a lock that the kernel frees with its holder: an abstract unix socket. Waits for so many milliseconds, unless
 * `isSettled` says that there is nothing to wait for; undefined where another holds it.
 */
export async function takeLock(
  name: string,
  patience: number,
  isSettled: () => Promise<boolean> = async () => false,
): Promise<Lock | undefined> {
  const deadline = Date.now() + patience
  do {
    const server = await tryListen(`\0${name}`)
    if (server) return {release: () => void server.close()}
    if (await isSettled()) return undefined
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
