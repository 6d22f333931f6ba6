import type {Usage} from '../engine.ts'
import type {Client} from './client.ts'

/** Of the answer only what is looked at; a container that is ending lacks parts of it. */
type Answer = {
  readonly cpu_stats?: {readonly cpu_usage?: {readonly total_usage?: number}}
  readonly memory_stats?: {
    readonly usage?: number
    readonly limit?: number
    readonly stats?: Readonly<Record<string, number>>
  }
  readonly networks?: Readonly<Record<string, {readonly rx_bytes: number; readonly tx_bytes: number}>>
}

/** One look, without the second that engines wait for another to compare it with. */
export async function readUsage(client: Client, id: string): Promise<Usage> {
  const query = {stream: false, 'one-shot': true}
  return fromAnswer(await client.call<Answer>({method: 'GET', path: `/containers/${id}/stats`, query}), Date.now())
}

export function fromAnswer({cpu_stats: cpu, memory_stats: memory, networks = {}}: Answer, at: number): Usage {
  const cache = memory?.stats?.inactive_file ?? memory?.stats?.total_inactive_file ?? 0
  const sum = (key: 'rx_bytes' | 'tx_bytes') => Object.values(networks).reduce((total, each) => total + each[key], 0)
  return {
    at,
    cpu: cpu?.cpu_usage?.total_usage ?? 0,
    memory: Math.max(0, (memory?.usage ?? 0) - cache),
    memoryLimit: memory?.limit ?? 0,
    received: sum('rx_bytes'),
    sent: sum('tx_bytes'),
  }
}
