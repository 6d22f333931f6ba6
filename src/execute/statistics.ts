import {slots} from '../base/slots.ts'
import type {Engine, Usage} from '../engine/engine.ts'

/** What a container uses now. */
export type Load = {
  /** 1 is one CPU. */
  readonly cpu: number
  /** Bytes. */
  readonly memory: number
  readonly memoryLimit: number
  /** Bytes a second. */
  readonly received: number
  readonly sent: number
}

export const nothing: Load = {cpu: 0, memory: 0, memoryLimit: 0, received: 0, sent: 0}

/** Of the time between two looks. A count that is less than before was begun anew: the container was started again. */
export function loadBetween(before: Usage | undefined, now: Usage): Load {
  const {memory, memoryLimit} = now
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000
  if (before === undefined || seconds <= 0) return {...nothing, memory, memoryLimit}
  const rate = (key: 'cpu' | 'received' | 'sent') =>
    (now[key] < before[key] ? now[key] : now[key] - before[key]) / seconds
  return {cpu: rate('cpu') / 1e9, memory, memoryLimit, received: rate('received'), sent: rate('sent')}
}

const atOnce = 8

/** Gives what each of these containers uses since the last look; one that cannot be asked is left out. */
export function createMeter(engine: Pick<Engine, 'usage'>): (ids: readonly string[]) => Promise<Map<string, Load>> {
  const slot = slots(atOnce)
  let last = new Map<string, Usage>()
  return async ids => {
    const looked = await Promise.all(ids.map(id => slot(() => engine.usage(id).catch(() => undefined))))
    const found = ids.flatMap((id, index) => (looked[index] === undefined ? [] : [[id, looked[index]] as const]))
    const loads = new Map(found.map(([id, usage]) => [id, loadBetween(last.get(id), usage)]))
    last = new Map(found)
    return loads
  }
}
