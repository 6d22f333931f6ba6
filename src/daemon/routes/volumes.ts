import {randomBytes} from 'node:crypto'
import {StackError} from '../../base/error.ts'
import {sizeOf} from '../../runtime/image/measure.ts'
import type {VolumeRecord} from '../../runtime/runtime.ts'
import type {Daemon} from '../context.ts'
import {matchesAny, matchesLabels, parseFilters, prunable} from '../filters.ts'
import {findVolume} from '../find.ts'
import {flag} from '../http/query.ts'
import type {Route} from '../http/router.ts'
import {goTime} from '../translate/duration.ts'

type CreateBody = {
  readonly Name?: string
  readonly Driver?: string
  readonly DriverOpts?: Record<string, string> | null
  readonly Labels?: Record<string, string> | null
}

export function volumeRoutes(daemon: Daemon): Route[] {
  const {volumes} = daemon.runtime
  return [
    {
      method: 'GET',
      pattern: '/volumes',
      handle(request, reply) {
        const filters = parseFilters(request.query.get('filters'))
        const found = volumes
          .list()
          .filter(
            each =>
              matchesLabels(filters.label, each.labels) && matchesAny(filters.name, name => each.name.includes(name)),
          )
          .filter(each =>
            matchesAny(
              filters.dangling,
              asked => ['1', 'true'].includes(asked) === (holder(daemon, each.name) === undefined),
            ),
          )
        reply.json(200, {Volumes: found.map(body), Warnings: []})
      },
    },
    {
      method: 'POST',
      pattern: '/volumes/create',
      async handle(request, reply) {
        const asked = await request.json<CreateBody>()
        const name = asked.Name || randomBytes(32).toString('hex')
        const there = volumes.find(name)
        if (there) return reply.json(201, body(there))
        const record = await volumes.create({
          name,
          driver: asked.Driver || 'local',
          options: asked.DriverOpts ?? {},
          labels: asked.Labels ?? {},
        })
        daemon.events.tell('volume', 'create', name, {driver: record.driver})
        reply.json(201, body(record))
      },
    },
    {
      method: 'POST',
      pattern: '/volumes/prune',
      async handle(request, reply) {
        const filters = parseFilters(request.query.get('filters'))
        const all = filters.all?.some(each => ['1', 'true'].includes(each)) ?? false
        const isWanted = prunable(filters, Date.now(), ['all'])
        const gone: string[] = []
        let freed = 0
        for (const record of [...volumes.list()]) {
          const {name, labels, driver} = record
          const wanted = (all || 'com.docker.volume.anonymous' in labels) && isWanted(record)
          if (!wanted || holder(daemon, name)) continue
          const size = await sizeOf(daemon.runtime.paths.volume(name).directory)
          await volumes.remove(name)
          daemon.events.tell('volume', 'destroy', name, {driver})
          gone.push(name)
          freed += size
        }
        daemon.events.tell('volume', 'prune', '', {reclaimed: String(freed)})
        reply.json(200, {VolumesDeleted: gone, SpaceReclaimed: freed})
      },
    },
    {
      method: 'GET',
      pattern: '/volumes/{name}',
      handle: (request, reply) => reply.json(200, body(findVolume(daemon.runtime, request.params.name ?? ''))),
    },
    {
      method: 'DELETE',
      pattern: '/volumes/{name}',
      async handle(request, reply) {
        const name = request.params.name ?? ''
        if (flag(request.query, 'force') && volumes.find(name) === undefined) return reply.empty(204)
        findVolume(daemon.runtime, name)
        const user = holder(daemon, name)
        if (user) throw new StackError('conflict', `remove ${name}: volume is in use - [${user.id}]`)
        await volumes.remove(name)
        daemon.events.tell('volume', 'destroy', name, {driver: 'local'})
        reply.empty(204)
      },
    },
  ]
}

export const holders = (daemon: Daemon, name: string) =>
  daemon.runtime.containers
    .list()
    .filter(each => each.mounts.some(mount => mount.type === 'volume' && mount.name === name))

const holder = (daemon: Daemon, name: string) => holders(daemon, name)[0]

export const body = (record: VolumeRecord) => ({
  CreatedAt: goTime(record.created),
  Driver: record.driver,
  Labels: record.labels,
  Mountpoint: record.mountpoint,
  Name: record.name,
  Options: Object.keys(record.options).length > 0 ? record.options : null,
  Scope: 'local',
})
