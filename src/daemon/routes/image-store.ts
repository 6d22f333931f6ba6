import {pipeline} from 'node:stream/promises'
import {StackError} from '../../base/error.ts'
import type {Image} from '../../model/image.ts'
import type {ImageRemoval} from '../../runtime/runtime.ts'
import type {Daemon} from '../context.ts'
import {parseFilters, prunable} from '../filters.ts'
import {findImage} from '../find.ts'
import {errorLine} from '../http/errors.ts'
import {flag} from '../http/query.ts'
import type {Reply, Request, Route} from '../http/router.ts'
import {headerOf} from './images.ts'

/** What is done with images that are present: names, archives, cleaning up. */
export function imageStoreRoutes(daemon: Daemon): Route[] {
  const {images} = daemon.runtime
  return [
    {
      method: 'GET',
      pattern: '/images/{name*}/history',
      handle: (request, reply) => reply.json(200, historyOf(findImage(daemon.runtime, request.params.name ?? ''))),
    },
    {
      method: 'POST',
      pattern: '/images/{name*}/tag',
      async handle(request, reply) {
        const target = nameOf(request.query.get('repo'), request.query.get('tag'))
        await images.tag(request.params.name ?? '', target)
        const {id} = findImage(daemon.runtime, target)
        daemon.events.tell('image', 'tag', id, {name: target})
        reply.empty(201)
      },
    },
    {method: 'POST', pattern: '/images/{name*}/push', handle: (request, reply) => push(daemon, request, reply)},
    {method: 'POST', pattern: '/images/load', handle: (request, reply) => load(daemon, request, reply)},
    {
      method: 'GET',
      pattern: '/images/get',
      handle: (request, reply) =>
        save(
          daemon,
          request.query.getAll('names').flatMap(each => each.split(',')),
          reply,
        ),
    },
    {
      method: 'GET',
      pattern: '/images/{name*}/get',
      handle: (request, reply) => save(daemon, [request.params.name ?? ''], reply),
    },
    {method: 'POST', pattern: '/images/prune', handle: (request, reply) => prune(daemon, request, reply)},
    {method: 'DELETE', pattern: '/images/{name*}', handle: (request, reply) => remove(daemon, request, reply)},
  ]
}

function nameOf(repository: string | null, tag: string | null): string {
  if (!repository) throw new StackError('bad-request', 'repo is missing')
  return tag ? `${repository}:${tag}` : repository
}

async function push(daemon: Daemon, request: Request, reply: Reply): Promise<void> {
  const name = nameOf(request.params.name ?? '', request.query.get('tag'))
  const {id} = findImage(daemon.runtime, name)
  const out = reply.stream(200, 'application/json')
  const line = (body: object) => void out.write(`${JSON.stringify(body)}\n`)
  try {
    // Who has gone waits for nothing.
    const options = {auth: headerOf(request), signal: reply.gone}
    const {digest, size} = await daemon.runtime.images.push(name, status => line({status}), options)
    const tag = /:([^:/]+)$/.exec(name)?.[1] ?? 'latest'
    line({status: `${tag}: digest: ${digest} size: ${size}`})
    line({progressDetail: {}, aux: {Tag: tag, Digest: digest, Size: size}})
    daemon.events.tell('image', 'push', id, {name})
  } catch (error) {
    line(errorLine(error))
  }
  out.end()
}

async function load(daemon: Daemon, request: Request, reply: Reply): Promise<void> {
  const loaded = await daemon.runtime.images.import(request.raw)
  const out = reply.stream(200, 'application/json')
  for (const {image, names} of loaded) {
    daemon.events.tell('image', 'load', image.id, {name: names[0] ?? image.id})
    const lines = names.length === 0 ? [`Loaded image ID: ${image.id}`] : names.map(each => `Loaded image: ${each}`)
    for (const each of lines) out.write(`${JSON.stringify({stream: `${each}\n`})}\n`)
  }
  out.end()
}

/** What is wrong with a name is said before the first byte. */
async function save(daemon: Daemon, names: readonly string[], reply: Reply): Promise<void> {
  const archive = daemon.runtime.images.export(names.filter(each => each !== ''))
  await pipeline(archive, reply.stream(200, 'application/x-tar')).catch(error => {
    if (!reply.gone.aborted) throw error
  })
}

async function prune(daemon: Daemon, request: Request, reply: Reply): Promise<void> {
  const filters = parseFilters(request.query.get('filters'))
  const all = (filters.dangling ?? []).some(each => ['false', '0'].includes(each))
  const isWanted = prunable(filters, Date.now(), ['dangling'])
  const kept = daemon.runtime.images.list().filter(({created, config}) => !isWanted({created, labels: config.labels}))
  const used = new Set([...daemon.runtime.containers.list().map(each => each.imageId), ...kept.map(each => each.id)])
  const removed = await daemon.runtime.images.prune({all, used})
  for (const each of removed) tellRemoval(daemon, each)
  const freed = removed.reduce((sum, each) => sum + each.freed, 0)
  daemon.events.tell('image', 'prune', '', {reclaimed: String(freed)})
  reply.json(200, {ImagesDeleted: removed.flatMap(deletions), SpaceReclaimed: freed})
}

/** A container keeps its image: without force also the last name that leads to it. */
async function remove(daemon: Daemon, request: Request, reply: Reply): Promise<void> {
  const {containers, images} = daemon.runtime
  const name = request.params.name ?? ''
  const image = findImage(daemon.runtime, name)
  const users = containers.list().filter(each => each.imageId === image.id)
  const [user] = users
  const force = flag(request.query, 'force')
  const isOneOfMany = image.references.length > 1 && !isId(image, name)
  if (user !== undefined && !isOneOfMany) {
    const isUp = users.some(each => ['running', 'paused', 'restarting'].includes(containers.state(each.id).status))
    const what = `container ${user.id.slice(0, 12)} is using its referenced image ${image.id.slice(7, 19)}`
    if (isUp || !force) {
      const ask = isUp ? 'cannot be forced' : 'must force'
      throw new StackError('conflict', `conflict: unable to remove repository reference "${name}" (${ask}) - ${what}`)
    }
  }
  if (image.references.length > 1 && isId(image, name) && !force) {
    const message = `conflict: unable to delete ${image.id.slice(7, 19)} (must be forced) - image is referenced in multiple repositories`
    throw new StackError('conflict', message)
  }
  const removal = await images.remove(name)
  tellRemoval(daemon, removal)
  reply.json(200, deletions(removal))
}

const isId = (image: Image, name: string): boolean =>
  image.id.replace('sha256:', '').startsWith(name.replace('sha256:', ''))

const deletions = ({untagged, deleted, id}: ImageRemoval) => [
  ...untagged.map(Untagged => ({Untagged})),
  ...(deleted ? [{Deleted: id}] : []),
]

function tellRemoval(daemon: Daemon, {id, untagged, deleted}: ImageRemoval): void {
  for (const name of untagged) daemon.events.tell('image', 'untag', id, {name})
  if (deleted) daemon.events.tell('image', 'delete', id, {name: id})
}

/** Newest first; only the newest is an image of its own. */
function historyOf(image: Image) {
  const history = image.oci?.history ?? image.build?.history ?? []
  const made = history.filter(each => !each.emptyLayer)
  const sizes = [...(image.oci?.layerSizes ?? (made.length === 1 ? [image.size] : []))]
  const steps = history.map(({created, createdBy, comment, emptyLayer}) => ({
    created: created || image.created,
    createdBy,
    comment,
    size: emptyLayer ? 0 : (sizes.shift() ?? 0),
  }))
  const known = steps.length > 0 ? steps : [{created: image.created, createdBy: '', comment: '', size: image.size}]
  return known.reverse().map(({created, createdBy, comment, size}, index) => ({
    Id: index === 0 ? image.id : '<missing>',
    Created: Math.floor(created / 1000),
    CreatedBy: createdBy,
    Tags: index === 0 && image.references.length > 0 ? image.references : null,
    Size: size,
    Comment: comment,
  }))
}
