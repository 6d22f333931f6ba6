import {native} from '../../native/binding.ts'
import type {Lease} from './leases.ts'

const udp = 17

/**
 * UDP has no end of a connection: the kernel sends what a busy client sends to where it sent its first packet, for as
 * long as it goes on. After a port's targets have changed, its flows begin anew.
 */
export async function restartFlows({name, ports}: Lease, warn: (doing: string, error: unknown) => void): Promise<void> {
  const numbers = ports.filter(each => each.protocol === 'udp').map(each => each.hostPortNumber)
  try {
    for (const port of new Set(numbers)) await native().forgetFlows({protocol: udp, port})
  } catch (error) {
    // A kernel that cannot choose among them keeps them: no reason to fail.
    warn(`forget the UDP flows of "${name}"`, error)
  }
}
