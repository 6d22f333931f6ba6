import {randomBytes} from 'node:crypto'
import {mkdir, readdir, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {errnoOf, StackError} from '../../base/error.ts'
import {sha256} from '../../base/hash.ts'
import {type Lock, takeLock} from '../../base/lock.ts'

const patience = 60_000

export type Claims = ReturnType<typeof claimsOf>

/**
 * Who makes an image has blobs and layers that no record names yet: while he holds a claim, nobody removes such. A
 * claim is a file below `images/claims` and the lock of its name, which the kernel frees with its holder.
 */
export function claimsOf(images: string) {
  const directory = join(images, 'claims')
  const scope = sha256(images).slice(0, 24)
  const lockName = (claim: string) => `stack-claim-${scope}-${claim}`

  /** Claims are made and looked for one at a time, so that none appears unseen. */
  async function alone<T>(action: () => Promise<T>): Promise<T> {
    const gate = await takeLock(`stack-claims-${scope}`, patience)
    if (gate === undefined) throw new StackError('timeout', 'another process keeps cleaning up images')
    return await action().finally(() => gate.release())
  }

  async function take(): Promise<{claim: string; lock: Lock}> {
    const claim = randomBytes(8).toString('hex')
    const lock = await takeLock(lockName(claim), 0)
    if (lock === undefined) return await take()
    await mkdir(directory, {recursive: true, mode: 0o700})
    await writeFile(join(directory, claim), '')
    return {claim, lock}
  }

  return {
    async during<T>(action: () => Promise<T>): Promise<T> {
      const {claim, lock} = await alone(take)
      try {
        return await action()
      } finally {
        await rm(join(directory, claim), {force: true})
        lock.release()
      }
    },

    /** Undefined, and nothing done, where somebody holds a claim; `wasKilled` where somebody had one to his end. */
    async unlessClaimed<T>(action: (wasKilled: boolean) => Promise<T>): Promise<T | undefined> {
      return await alone(async () => {
        const claims = await namesIn(directory)
        for (const claim of claims) {
          const lock = await takeLock(lockName(claim), 0)
          if (lock === undefined) return undefined
          await rm(join(directory, claim), {force: true})
          lock.release()
        }
        return await action(claims.length > 0)
      })
    },
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(error => {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  })
}
