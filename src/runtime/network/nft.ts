import {StackError} from '../../base/error.ts'
import {native} from '../../native/binding.ts'

const searchPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** What a shell says of a program that it did not find. */
const notFound = 127

/** Gives the text to `nft -f -`: all of it takes effect, or nothing. */
export async function nft(text: string): Promise<void> {
  const {output, status} = await native().runProgram({
    file: '/bin/sh',
    // The shell finds nft in the path and lets us hear its complaints, which would go to the log otherwise.
    args: ['-c', 'exec nft -f - >&3 2>&3'],
    env: [searchPath, 'LC_ALL=C'],
    input: Buffer.from(text),
    log: '/dev/null',
  })
  if (status === 0) return
  if (status === notFound) {
    throw new StackError('network-failed', 'the program nft is not installed', {hint: 'apt install nftables'})
  }
  throw new StackError('network-failed', `nft -f: ${output.trim().split('\n').slice(0, 3).join(' ')}`)
}
