import {StackError} from '../../base/error.ts'
import type {ContainerRecord} from '../../model/container.ts'
import type {Daemon} from '../context.ts'
import {findContainer} from '../find.ts'
import type {Route} from '../http/router.ts'
import {isUp, kill, start, stop} from '../lifecycle.ts'
import {attributesOf} from '../supervise.ts'

type Action = (daemon: Daemon, record: ContainerRecord, query: URLSearchParams) => Promise<void>

/** `POST /containers/{id}/NAME` for each: 204, or 304 where there is nothing to do. */
const actions: Readonly<Record<string, Action>> = {
  start: (daemon, record) => start(daemon, record),
  stop: (daemon, record, query) => stop(daemon, record, stopOptions(query)),
  kill: (daemon, record, query) => kill(daemon, record, query.get('signal') ?? ''),
  async restart(daemon, record, query) {
    await stop(daemon, record, stopOptions(query)).catch(ignoreNotModified)
    await start(daemon, record)
    daemon.events.tell('container', 'restart', record.id, attributesOf(record))
  },
  async pause(daemon, record) {
    if (!isUp(daemon, record)) throw new StackError('conflict', `Container ${record.name} is not running`)
    await daemon.runtime.containers.pause(record.id)
    daemon.events.tell('container', 'pause', record.id, attributesOf(record))
  },
  async unpause(daemon, record) {
    await daemon.runtime.containers.resume(record.id)
    daemon.events.tell('container', 'unpause', record.id, attributesOf(record))
  },
}

export function lifecycleRoutes(daemon: Daemon): Route[] {
  const of = (id: string | undefined) => findContainer(daemon.runtime, id ?? '')
  const resize: Route = {
    method: 'POST',
    pattern: '/containers/{id}/resize',
    async handle({params, query}, reply) {
      await daemon.runtime.containers.resize(of(params.id).id, {
        rows: Number(query.get('h')),
        columns: Number(query.get('w')),
      })
      reply.empty(200)
    },
  }
  const rest = Object.entries(actions).map(
    ([name, act]): Route => ({
      method: 'POST',
      pattern: `/containers/{id}/${name}`,
      async handle({params, query}, reply) {
        await act(daemon, of(params.id), query)
        reply.empty(204)
      },
    }),
  )
  return [resize, ...rest]
}

function stopOptions(query: URLSearchParams): {grace?: number; signal: string} {
  const seconds = query.get('t')
  const signal = query.get('signal') ?? ''
  return seconds === null || seconds === '' ? {signal} : {signal, grace: Number(seconds) * 1000}
}

function ignoreNotModified(error: unknown): void {
  if (!(error instanceof StackError && error.code === 'not-modified')) throw error
}
