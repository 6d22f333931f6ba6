import {StackError} from '../../base/error.ts'
import type {Daemon} from '../context.ts'
import {createContainer, freeName} from '../create.ts'
import {matchesAny, matchesLabels, parseFilters} from '../filters.ts'
import {findContainer} from '../find.ts'
import {flag} from '../http/query.ts'
import type {Request, Route} from '../http/router.ts'
import {isUp, kill, remove, start, stop} from '../lifecycle.ts'
import {observe} from '../observe.ts'
import {attributesOf} from '../supervise.ts'
import type {CreateBody} from '../translate/bodies.ts'
import {inspected, listed, type Observed, statusOf} from '../translate/container.ts'

/** Containers as records: made, listed, told to start and stop. Their streams are in the other files here. */
export function containerRoutes(daemon: Daemon): Route[] {
  const {runtime, supervisor, events} = daemon
  const of = (request: Request) => findContainer(runtime, request.params.id ?? '')
  const seconds = (request: Request, name: string) => {
    const text = request.query.get(name)
    return text === null || text === '' ? {} : {grace: Number(text) * 1000}
  }
  return [
    {
      method: 'GET',
      pattern: '/containers/json',
      handle: (request, reply) => reply.json(200, list(daemon, request.query)),
    },
    {
      method: 'POST',
      pattern: '/containers/create',
      async handle(request, reply) {
        const record = await createContainer(
          daemon,
          request.query.get('name') ?? undefined,
          await request.json<CreateBody>(),
        )
        reply.json(201, {Id: record.id, Warnings: []})
      },
    },
    {
      method: 'GET',
      pattern: '/containers/{id}/json',
      handle: (request, reply) => reply.json(200, inspected(observe(daemon, of(request)))),
    },
    {
      method: 'POST',
      pattern: '/containers/{id}/start',
      async handle(request, reply) {
        await start(daemon, of(request))
        reply.empty(204)
      },
    },
    {
      method: 'POST',
      pattern: '/containers/{id}/stop',
      async handle(request, reply) {
        await stop(daemon, of(request), {...seconds(request, 't'), signal: request.query.get('signal') ?? ''})
        reply.empty(204)
      },
    },
    {
      method: 'POST',
      pattern: '/containers/{id}/restart',
      async handle(request, reply) {
        const record = of(request)
        await stop(daemon, record, {...seconds(request, 't'), signal: request.query.get('signal') ?? ''}).catch(
          ignoreNotModified,
        )
        await start(daemon, record)
        events.tell('container', 'restart', record.id, attributesOf(record))
        reply.empty(204)
      },
    },
    {
      method: 'POST',
      pattern: '/containers/{id}/kill',
      async handle(request, reply) {
        await kill(daemon, of(request), request.query.get('signal') ?? '')
        reply.empty(204)
      },
    },
    {
      method: 'POST',
      pattern: '/containers/{id}/pause',
      async handle(request, reply) {
        const record = of(request)
        if (!isUp(daemon, record)) throw new StackError('conflict', `Container ${record.name} is not running`)
        await runtime.containers.pause(record.id)
        events.tell('container', 'pause', record.id, attributesOf(record))
        reply.empty(204)
      },
    },
    {
      method: 'POST',
      pattern: '/containers/{id}/unpause',
      async handle(request, reply) {
        const record = of(request)
        await runtime.containers.resume(record.id)
        events.tell('container', 'unpause', record.id, attributesOf(record))
        reply.empty(204)
      },
    },
    {
      method: 'POST',
      pattern: '/containers/{id}/rename',
      async handle(request, reply) {
        const record = of(request)
        await runtime.containers.rename(record.id, freeName(daemon, request.query.get('name') ?? ''))
        events.tell('container', 'rename', record.id, {...attributesOf(record), oldName: `/${record.name}`})
        reply.empty(204)
      },
    },
    {
      method: 'POST',
      pattern: '/containers/{id}/resize',
      async handle(request, reply) {
        await runtime.containers.resize(of(request).id, {
          rows: Number(request.query.get('h')),
          columns: Number(request.query.get('w')),
        })
        reply.empty(200)
      },
    },
    {
      method: 'DELETE',
      pattern: '/containers/{id}',
      async handle(request, reply) {
        await remove(daemon, of(request), {force: flag(request.query, 'force'), volumes: flag(request.query, 'v')})
        reply.empty(204)
      },
    },
    {
      method: 'POST',
      pattern: '/containers/prune',
      async handle(request, reply) {
        const filters = parseFilters(request.query.get('filters'))
        const gone: string[] = []
        for (const record of [...runtime.containers.list()]) {
          if (
            isUp(daemon, record) ||
            supervisor.isRestarting(record.id) ||
            !matchesLabels(filters.label, record.config.labels)
          )
            continue
          await remove(daemon, record, {force: false, volumes: false})
          gone.push(record.id)
        }
        reply.json(200, {ContainersDeleted: gone, SpaceReclaimed: 0})
      },
    },
  ]
}

function ignoreNotModified(error: unknown): void {
  if (!(error instanceof StackError && error.code === 'not-modified')) throw error
}

function list(daemon: Daemon, query: URLSearchParams) {
  const filters = parseFilters(query.get('filters'))
  const limit = Number(query.get('limit') ?? 0)
  const everything = flag(query, 'all') || filters.status !== undefined || limit > 0
  const now = Date.now()
  const rows = daemon.runtime.containers
    .list()
    .map(record => observe(daemon, record))
    .filter(
      each => (everything || ['running', 'paused', 'restarting'].includes(statusOf(each))) && matches(each, filters),
    )
    .sort((a, b) => b.record.created - a.record.created)
  return (limit > 0 ? rows.slice(0, limit) : rows).map(each => listed(each, now))
}

function matches(observed: Observed, filters: ReturnType<typeof parseFilters>): boolean {
  const {record} = observed
  return (
    matchesLabels(filters.label, record.config.labels) &&
    matchesAny(
      filters.name,
      name => new RegExp(name.replace(/^\^\//, '^')).test(record.name) || `/${record.name}` === name,
    ) &&
    matchesAny(filters.id, id => record.id.startsWith(id)) &&
    matchesAny(filters.status, status => statusOf(observed) === status) &&
    matchesAny(filters.health, health => (observed.health?.status ?? 'none') === health) &&
    matchesAny(
      filters.network,
      name => record.endpoints.some(each => each.network === name) || Object.values(observed.networkIds).includes(name),
    ) &&
    matchesAny(filters.volume, name =>
      record.mounts.some(each => each.target === name || (each.type === 'volume' && each.name === name)),
    ) &&
    matchesAny(
      filters.ancestor,
      image => record.image === image || record.imageId === image || record.imageId === `sha256:${image}`,
    )
  )
}
