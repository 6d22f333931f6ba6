import {sizesOf} from '../../runtime/image/measure.ts'
import type {ImageUsage} from '../../runtime/image/usage.ts'
import type {Daemon} from '../context.ts'
import type {Route} from '../http/router.ts'
import {observe} from '../observe.ts'
import {listed} from '../translate/container.ts'
import {goTime} from '../translate/duration.ts'
import {summary} from './images.ts'
import {holders, body as volumeBody} from './volumes.ts'

const kinds = ['container', 'image', 'volume', 'build-cache'] as const

/** `GET /system/df`: what is on the disk, all of it or what `type` names. */
export function usageRoutes(daemon: Daemon): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/system/df',
      async handle(request, reply) {
        const asked = request.query.getAll('type')
        const wanted = new Set<string>(asked.length === 0 ? kinds : asked)
        const {images, containers} = daemon.runtime
        const users = containers.list().map(each => each.imageId)
        const usage = await images.usage(new Set(users))
        reply.json(200, {
          LayersSize: usage.total,
          // What other engines do not say: how much of it would come free.
          StackReclaimable: usage.reclaimable,
          Images: wanted.has('image') ? imageBodies(daemon, usage, users) : null,
          Containers: wanted.has('container') ? await containerBodies(daemon, usage) : null,
          Volumes: wanted.has('volume') ? await volumeBodies(daemon) : null,
          BuildCache: wanted.has('build-cache') ? usage.steps.map(stepBody) : null,
        })
      },
    },
  ]
}

function imageBodies({runtime}: Daemon, usage: ImageUsage, users: readonly string[]) {
  const weights = new Map(usage.images.map(each => [each.id, each]))
  return runtime.images.list().map(image => {
    const {size = image.size, shared = 0} = weights.get(image.id) ?? {}
    const Containers = users.filter(each => each === image.id).length
    return {...summary(image), Size: size, SharedSize: shared, Containers}
  })
}

async function containerBodies(daemon: Daemon, usage: ImageUsage) {
  const {containers, paths} = daemon.runtime
  const records = containers.list()
  const sizes = await sizesOf(records.map(each => paths.container(each.id).directory))
  const now = Date.now()
  return records.map((record, index) => {
    const written = sizes[index] ?? 0
    const below = usage.images.find(each => each.id === record.imageId)?.size ?? 0
    return {...listed(observe(daemon, record), now), SizeRw: written, SizeRootFs: below + written}
  })
}

/** What is mounted from elsewhere takes no place here. */
async function volumeBodies(daemon: Daemon) {
  const {runtime} = daemon
  const records = runtime.volumes.list()
  const sizes = await sizesOf(records.map(each => runtime.paths.volume(each.name).directory))
  return records.map((record, index) => {
    return {...volumeBody(record), UsageData: {RefCount: holders(daemon, record.name).length, Size: sizes[index] ?? 0}}
  })
}

const stepBody = ({id, created, size, isShared}: ImageUsage['steps'][number]) => ({
  ID: id.replace('sha256:', '').slice(0, 25),
  Parents: null,
  Type: 'regular',
  Description: 'a step of a build',
  InUse: false,
  Shared: isShared,
  Size: size,
  CreatedAt: goTime(created),
  LastUsedAt: goTime(created),
  UsageCount: 1,
})
