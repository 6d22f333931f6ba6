import {sizeOf} from '../../runtime/image/measure.ts'
import type {Daemon} from '../context.ts'
import {createContainer, freeName} from '../create.ts'
import {matchesAny, matchesLabels, parseFilters, prunable} from '../filters.ts'
import {findContainer} from '../find.ts'
import {flag} from '../http/query.ts'
import type {Request, Route} from '../http/router.ts'
import {isUp, remove} from '../lifecycle.ts'
import {observe} from '../observe.ts'
import {attributesOf} from '../supervise.ts'
import type {CreateBody} from '../translate/bodies.ts'
import {inspected, listed} from '../translate/container.ts'
import {type Observed, statusOf} from '../translate/observed.ts'

/** Containers as records: made, listed, renamed, removed. What they do is in the other files here. */
export function containerRoutes(daemon: Daemon): Route[] {
  const {runtime, events} = daemon
  const of = (request: Request) => findContainer(runtime, request.params.id ?? '')
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
        const {record, warnings} = await createContainer(
          daemon,
          request.query.get('name') ?? undefined,
          await request.json<CreateBody>(),
          request.query.get('platform') || undefined,
        )
        reply.json(201, {Id: record.id, Warnings: warnings})
      },
    },
    {
      method: 'GET',
      pattern: '/containers/{id}/json',
      handle: (request, reply) => reply.json(200, inspected(observe(daemon, of(request)))),
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
      handle: async (request, reply) => reply.json(200, await prune(daemon, request.query)),
    },
  ]
}

async function prune(daemon: Daemon, query: URLSearchParams) {
  const isWanted = prunable(parseFilters(query.get('filters')), Date.now())
  const {containers, paths} = daemon.runtime
  const gone: string[] = []
  let freed = 0
  for (const record of [...containers.list()]) {
    const {id, created, config} = record
    if (isUp(daemon, record) || daemon.supervisor.isRestarting(id)) continue
    if (!isWanted({created, labels: config.labels})) continue
    const size = await sizeOf(paths.container(id).directory)
    await remove(daemon, record, {force: false, volumes: false})
    gone.push(id)
    freed += size
  }
  daemon.events.tell('container', 'prune', '', {reclaimed: String(freed)})
  return {ContainersDeleted: gone, SpaceReclaimed: freed}
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
