import {deferred} from '../../base/deferred.ts'
import type {EngineEvent, LogChunk, LogOptions} from '../engine.ts'
import type {MemoryContainer} from './container.ts'

type Listen = (signal: AbortSignal) => AsyncIterable<EngineEvent>

/** What a container has written; following it ends with the container, or with the signal. */
export async function* readLog(
  container: MemoryContainer,
  {follow, tail, signal}: LogOptions,
  listen: Listen,
): AsyncGenerator<LogChunk> {
  const lines = container.output.match(/[^\n]*\n/g) ?? []
  const shown = tail === undefined ? lines : lines.slice(Math.max(0, lines.length - tail))
  if (shown.length > 0) yield {stream: 'stdout', data: Buffer.from(shown.join(''))}
  if (!follow || signal?.aborted || container.status !== 'running') return
  const ended = deferred<void>()
  const closing = new AbortController()
  signal?.addEventListener('abort', () => ended.resolve(), {once: true})
  const watch = async () => {
    for await (const event of listen(closing.signal)) {
      if (event.container === container.id && event.action === 'die') ended.resolve()
    }
  }
  watch().catch(ended.reject)
  await ended.promise
  closing.abort()
}
