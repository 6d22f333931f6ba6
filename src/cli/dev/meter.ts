import type {ActualContainer, Engine} from '../../engine/engine.ts'
import type {Usage} from '../../ui/screen/state.ts'

/** Gives what running containers use, since it was asked before. */
export function meter(engine: Engine): (containers: readonly ActualContainer[]) => Promise<ReadonlyMap<string, Usage>> {
  const before = new Map<string, {readonly processor: number; readonly at: number}>()
  return async containers => {
    const all = new Map<string, Usage>()
    const running = containers.filter(({status}) => status === 'running')
    await Promise.all(
      running.map(async ({id}) => {
        const now = await engine.usage?.(id).catch(() => undefined)
        if (now === undefined) return
        const at = performance.now()
        const last = before.get(id)
        before.set(id, {processor: now.processor, at})
        const busy = last === undefined ? 0 : (now.processor - last.processor) / 1e6 / Math.max(1, at - last.at)
        all.set(id, {cpu: Math.max(0, busy * 100), memory: now.memory})
      }),
    )
    for (const id of before.keys()) if (!all.has(id)) before.delete(id)
    return all
  }
}
