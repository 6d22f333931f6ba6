import {describe, StackError} from '../../base/error.ts'
import {limits, type Order, type Work} from '../messages.ts'

/** What a page asked for, or why it cannot be. */
export function readOrder(what: 'scale' | 'restart', text: string): Order | string {
  const value = parse(text)
  if (typeof value !== 'object' || value === null || !('service' in value) || typeof value.service !== 'string')
    return 'say which service: {"service": "web"}'
  const {service} = value
  if (what === 'restart') return {service, what}
  const to = 'to' in value ? value.to : undefined
  if (typeof to !== 'number' || !Number.isInteger(to) || to < 0 || to > limits.replicas)
    return `say to how many: {"service": "web", "to": 3}, ${limits.replicas} at most`
  return {service, what, to}
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export type Doing = {
  /** Does it. Rejects with a StackError. */
  readonly perform: (order: Order, signal: AbortSignal) => Promise<void>
  readonly tell: (work: Work) => void
  readonly signal: AbortSignal
}

/** Does orders one after the other, of each service one at a time. Errors: conflict. */
export function createOrders({perform, tell, signal}: Doing) {
  const busy = new Set<string>()
  let last: Promise<void> = Promise.resolve()
  let count = 0

  async function work(id: number, order: Order): Promise<void> {
    try {
      if (signal.aborted) return
      tell({id, order, phase: 'working'})
      await perform(order, signal)
      tell({id, order, phase: 'done'})
    } catch (error) {
      tell({id, order, phase: 'failed', error: describe(error)})
    } finally {
      busy.delete(order.service)
    }
  }

  return {
    /** Gives the number of the work that it is. */
    take(order: Order): number {
      const {service} = order
      if (busy.has(service)) throw new StackError('conflict', `something is being done with "${service}" already`)
      busy.add(service)
      const id = ++count
      tell({id, order, phase: 'waiting'})
      last = last.then(() => work(id, order))
      return id
    },
    /** Until all that was taken is done. */
    settled: () => last,
  }
}
