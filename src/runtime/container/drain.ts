import {delay} from '../../base/delay.ts'
import {readSmall} from '../../base/file.ts'

const longest = 300
const pause = 5

/**
 * Gives a program that gets no new connections any more the time to take those that it was just sent: one that is told
 * to stop closes its listening socket, and resets who waits there. At once where nobody is connected, or nobody else
 * is there to take over.
 */
export async function drain(pid: number, hasOthers: () => boolean): Promise<void> {
  for (let waited = 0; waited < longest && hasOthers(); waited += pause) {
    // First of all, for what is on its way.
    await delay(pause)
    // Many are stopped together: by now there may be nobody left, and no need for the tables.
    if (!hasOthers() || !hasTcp(pid)) return
    const tables = ['tcp', 'tcp6'].map(name => readSmall(`/proc/${pid}/net/${name}`) ?? '')
    if (!hasClients(tables.join('\n'))) return
  }
}

/** Whether there is any socket of TCP. A count, where a table makes the kernel walk all connections of the machine: 2 ms. */
function hasTcp(pid: number): boolean {
  const counts = ['sockstat', 'sockstat6'].map(name => readSmall(`/proc/${pid}/net/${name}`) ?? '')
  return /^TCP6?: inuse [1-9]/m.test(counts.join('\n'))
}

const listening = '0A'
const connected = ['01', '03']

/** Whether somebody is connected to a socket that listens; from the text of /proc/PID/net/tcp. */
export function hasClients(table: string): boolean {
  const sockets = table.split('\n').map(line => line.trim().split(/\s+/))
  const port = (address = '') => address.slice(address.indexOf(':') + 1)
  const ports = new Set(sockets.filter(each => each[3] === listening).map(each => port(each[1])))
  return sockets.some(each => connected.includes(each[3] ?? '') && ports.has(port(each[1])))
}
