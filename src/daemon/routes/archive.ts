import {pipeline} from 'node:stream/promises'
import {StackError} from '../../base/error.ts'
import type {Daemon} from '../context.ts'
import {findContainer} from '../find.ts'
import {flag} from '../http/query.ts'
import type {Reply, Request, Route} from '../http/router.ts'
import {attributesOf} from '../supervise.ts'
import {pathStat} from '../translate/archive.ts'

/** Files of containers: what `docker cp` and `stack watch` use. */
export function archiveRoutes(daemon: Daemon): Route[] {
  const pattern = '/containers/{id}/archive'
  return [
    {method: 'PUT', pattern, handle: (request, reply) => put(daemon, request, reply)},
    {method: 'GET', pattern, handle: (request, reply) => get(daemon, request, reply)},
  ]
}

/** `whiteouts` is ours: `.wh.NAME` in the archive removes NAME. */
async function put({runtime, events}: Daemon, request: Request, reply: Reply): Promise<void> {
  const record = findContainer(runtime, request.params.id ?? '')
  await runtime.containers.putArchive(record.id, request.raw, {
    path: pathOf(request),
    asUser: flag(request.query, 'copyUIDGID'),
    keepKinds: flag(request.query, 'noOverwriteDirNonDir'),
    whiteouts: flag(request.query, 'whiteouts'),
  })
  events.tell('container', 'extract-to-dir', record.id, attributesOf(record))
  reply.empty(200)
}

async function get({runtime, events}: Daemon, request: Request, reply: Reply): Promise<void> {
  const record = findContainer(runtime, request.params.id ?? '')
  const path = pathOf(request)
  if (request.method === 'HEAD') {
    reply.raw.setHeader('X-Docker-Container-Path-Stat', pathStat(await runtime.containers.statPath(record.id, path)))
    return reply.empty(200)
  }
  const {facts, archive} = await runtime.containers.getArchive(record.id, path)
  reply.raw.setHeader('X-Docker-Container-Path-Stat', pathStat(facts))
  events.tell('container', 'archive-path', record.id, attributesOf(record))
  await pipeline(archive, reply.stream(200, 'application/x-tar'))
}

function pathOf(request: Request): string {
  const path = request.query.get('path')
  if (!path) throw new StackError('bad-request', 'path is missing')
  return path
}
