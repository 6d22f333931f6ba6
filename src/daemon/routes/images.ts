import {StackError} from '../../base/error.ts'
import type {Image} from '../../model/image.ts'
import type {Daemon} from '../context.ts'
import {matchesAny, matchesLabels, parseFilters} from '../filters.ts'
import {findImage} from '../find.ts'
import {errorLine} from '../http/errors.ts'
import type {Request, Route} from '../http/router.ts'
import {goTime, nanoseconds} from '../translate/duration.ts'

export function imageRoutes(daemon: Daemon): Route[] {
  const {images} = daemon.runtime
  return [
    {
      method: 'GET',
      pattern: '/images/json',
      handle: (request, reply) => reply.json(200, listed(daemon, request.query)),
    },
    {
      method: 'GET',
      pattern: '/images/{name*}/json',
      handle: (request, reply) => reply.json(200, inspected(findImage(daemon.runtime, request.params.name ?? ''))),
    },
    {
      method: 'POST',
      pattern: '/images/create',
      async handle(request, reply) {
        const name = request.query.get('fromImage')
        if (!name) throw new StackError('bad-request', 'fromImage is missing')
        const tag = request.query.get('tag')
        const reference = tag ? `${name}${tag.includes(':') ? '@' : ':'}${tag}` : name
        const line = (body: object) => `${JSON.stringify(body)}\n`
        let out: NodeJS.WritableStream | undefined
        const open = () => {
          out ??= reply.stream(200, 'application/json')
          return out
        }
        try {
          const platform = request.query.get('platform') || undefined
          const auth = headerOf(request)
          const image = await images.pull(reference, text => open().write(line({status: text})), {auth, platform})
          open().end(line({status: `Status: Image is present: ${reference}`, id: image.id}))
          daemon.events.tell('image', 'pull', reference, {name: reference})
        } catch (error) {
          if (out === undefined) throw error
          out.end(line(errorLine(error)))
        }
      },
    },
  ]
}

/** Of a client that has logged in by itself. */
export function headerOf({raw}: Request, name = 'x-registry-auth'): string | undefined {
  const header = raw.headers[name]
  return Array.isArray(header) ? header[0] : header
}

function listed(daemon: Daemon, query: URLSearchParams) {
  const filters = parseFilters(query.get('filters'))
  return daemon.runtime.images
    .list()
    .filter(each => matchesLabels(filters.label, each.config.labels))
    .filter(each => matchesAny(filters.dangling, asked => isTrue(asked) === (each.references.length === 0)))
    .filter(each => matchesAny(filters.reference, asked => each.references.some(name => matchesReference(name, asked))))
    .map(summary)
}

const isTrue = (text: string): boolean => ['1', 'true'].includes(text)

/** `web`, `web:1`, `team/*`: a pattern of a repository, or of one with its tag. */
function matchesReference(name: string, asked: string): boolean {
  const pattern = asked
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${pattern}(:[^/:]*)?$`).test(name)
}

/** One row of `GET /images/json`. */
export const summary = (image: Image) => ({
  Id: image.id,
  ParentId: '',
  RepoTags: image.references,
  RepoDigests: image.digests ?? [],
  Created: Math.floor(image.created / 1000),
  Size: image.size,
  SharedSize: -1,
  Labels: image.config.labels,
  Containers: -1,
})

const inspected = (image: Image) => ({
  Id: image.id,
  RepoTags: image.references,
  RepoDigests: image.digests ?? [],
  Parent: '',
  Comment: '',
  Created: goTime(image.created),
  DockerVersion: '',
  Author: image.oci?.author ?? image.build?.author ?? '',
  Architecture: image.architecture,
  Os: 'linux',
  Size: image.size,
  GraphDriver: {Name: 'overlay2', Data: null},
  RootFS: {Type: 'layers', Layers: image.oci?.diffIds ?? []},
  Metadata: {LastTagTime: goTime(image.checkedAt ?? image.created)},
  Config: {
    User: image.config.user,
    Env: image.config.env,
    Cmd: image.config.cmd,
    Entrypoint: image.config.entrypoint.length > 0 ? image.config.entrypoint : null,
    WorkingDir: image.config.workingDir,
    Labels: image.config.labels,
    StopSignal: image.config.stopSignal,
    ...(image.config.shell ? {Shell: image.config.shell} : {}),
    ExposedPorts: Object.fromEntries(image.config.exposedPorts.map(port => [port, {}])),
    Volumes: Object.fromEntries(image.config.volumes.map(path => [path, {}])),
    ...(image.config.healthcheck
      ? {
          Healthcheck: {
            Test: image.config.healthcheck.test,
            Interval: nanoseconds(image.config.healthcheck.interval ?? 0),
            Timeout: nanoseconds(image.config.healthcheck.timeout ?? 0),
            Retries: image.config.healthcheck.retries ?? 0,
            StartPeriod: nanoseconds(image.config.healthcheck.startPeriod ?? 0),
          },
        }
      : {}),
  },
})
