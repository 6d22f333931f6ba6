import {StackError} from '../../base/error.ts'
import type {Image} from '../../model/image.ts'
import type {Daemon} from '../context.ts'
import {findImage} from '../find.ts'
import {messageOf} from '../http/errors.ts'
import type {Route} from '../http/router.ts'
import {goTime, nanoseconds} from '../translate/duration.ts'

export function imageRoutes(daemon: Daemon): Route[] {
  const {images} = daemon.runtime
  return [
    {method: 'GET', pattern: '/images/json', handle: (_request, reply) => reply.json(200, images.list().map(summary))},
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
          const image = await images.pull(reference, text => open().write(line({status: text})))
          open().end(line({status: `Status: Image is present: ${reference}`, id: image.id}))
          daemon.events.tell('image', 'pull', reference, {name: reference})
        } catch (error) {
          if (out === undefined) throw error
          out.end(line({errorDetail: {message: messageOf(error)}, error: messageOf(error)}))
        }
      },
    },
    {
      method: 'DELETE',
      pattern: '/images/{name*}',
      async handle(request, reply) {
        const image = findImage(daemon.runtime, request.params.name ?? '')
        const user = daemon.runtime.containers.list().find(each => each.imageId === image.id)
        if (user) {
          throw new StackError(
            'conflict',
            `conflict: unable to remove repository reference "${request.params.name}" (must force) - container ${user.id.slice(0, 12)} is using its referenced image ${image.id.slice(7, 19)}`,
          )
        }
        await images.remove(request.params.name ?? '')
        reply.json(200, [...image.references.map(Untagged => ({Untagged})), {Deleted: image.id}])
      },
    },
  ]
}

const summary = (image: Image) => ({
  Id: image.id,
  ParentId: '',
  RepoTags: image.references,
  RepoDigests: [],
  Created: Math.floor(image.created / 1000),
  Size: image.size,
  SharedSize: -1,
  Labels: image.config.labels,
  Containers: -1,
})

const inspected = (image: Image) => ({
  Id: image.id,
  RepoTags: image.references,
  RepoDigests: [],
  Parent: '',
  Comment: '',
  Created: goTime(image.created),
  DockerVersion: '',
  Author: '',
  Architecture: image.architecture,
  Os: 'linux',
  Size: image.size,
  GraphDriver: {Name: 'overlay2', Data: null},
  RootFS: {Type: 'layers', Layers: []},
  Metadata: {LastTagTime: goTime(image.checkedAt ?? image.created)},
  Config: {
    User: image.config.user,
    Env: image.config.env,
    Cmd: image.config.cmd,
    Entrypoint: image.config.entrypoint.length > 0 ? image.config.entrypoint : null,
    WorkingDir: image.config.workingDir,
    Labels: image.config.labels,
    StopSignal: image.config.stopSignal,
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
