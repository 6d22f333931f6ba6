import {randomBytes} from 'node:crypto'
import type {BuildHost, RunMount, RunSpec} from '../../builder/request.ts'
import type {ContainerRecord} from '../../model/container.ts'
import {overlaysOf} from '../../runtime/container/layers.ts'
import type {Daemon} from '../context.ts'
import {createContainer} from '../create.ts'
import {kill, remove, start} from '../lifecycle.ts'
import type {CreateBody} from '../translate/bodies.ts'
import {lineReader} from './lines.ts'

/** Marks containers of builds: one that nobody waits for any more is taken away. */
export const buildLabel = 'stack.build'

/** Runs a step's program in a container of ours, which the step before is the image of. */
export function runnerOf(daemon: Daemon): BuildHost['run'] {
  return async (spec, {onLine, signal}) => {
    signal.throwIfAborted()
    const {record} = await createContainer(daemon, `stack_build_${randomBytes(6).toString('hex')}`, bodyOf(spec))
    const stop = () => void kill(daemon, record, 'SIGKILL').catch(() => undefined)
    try {
      const ended = daemon.supervisor.nextExit(record.id)
      const lines = lineReader(onLine)
      let output: Promise<void> = Promise.resolve()
      daemon.pending.add(record.id, async () => {
        const stream = await daemon.runtime.containers.attach(record.id, {stdin: false})
        stream.io.on('data', (piece: Buffer) => lines.add(piece))
        output = stream.exited.then(() => undefined)
      })
      await start(daemon, record, spec.secretEnv)
      signal.addEventListener('abort', stop)
      if (signal.aborted) stop()
      const {code} = await ended
      await output
      lines.end()
      return {code, changed: changesOf(daemon, record, spec), remove: () => takeAway(daemon, record)}
    } catch (error) {
      await takeAway(daemon, record)
      throw error
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
}

/** What a daemon that was killed left at work. What cannot be taken away is no reason to serve nobody. */
export async function removeLostBuilds(daemon: Daemon, warn: (doing: string, error: unknown) => void): Promise<void> {
  const lost = daemon.runtime.containers.list().filter(each => each.config.labels[buildLabel] !== undefined)
  const attempt = (record: ContainerRecord) =>
    takeAway(daemon, record).catch(error => warn(`take away what a build left, "${record.name}"`, error))
  await Promise.all(lost.map(attempt))
}

const takeAway = (daemon: Daemon, record: ContainerRecord): Promise<void> =>
  remove(daemon, record, {force: true, volumes: true})

function changesOf({runtime}: Daemon, {id}: ContainerRecord, {image}: RunSpec) {
  return overlaysOf(runtime.paths.container(id), image).map(({target, upper}) => ({target, directory: upper}))
}

function bodyOf(spec: RunSpec): CreateBody {
  const {image, command, env, user, workingDir, network, extraHosts, shmSize, ulimits, privileged, mounts} = spec
  return {
    Image: image.id,
    Entrypoint: command,
    Cmd: [],
    Env: env,
    User: user,
    WorkingDir: workingDir,
    Labels: {[buildLabel]: ''},
    HostConfig: {
      NetworkMode: network === 'default' ? 'default' : network,
      ExtraHosts: extraHosts,
      ...(shmSize === undefined ? {} : {ShmSize: shmSize}),
      Ulimits: Object.entries(ulimits).map(([Name, {soft, hard}]) => ({Name, Soft: soft, Hard: hard})),
      Privileged: privileged,
      LogConfig: {Type: 'none', Config: {}},
      Mounts: mounts.map(mountBody),
    },
  }
}

const mountBody = (mount: RunMount) =>
  mount.type === 'tmpfs'
    ? {
        Type: 'tmpfs',
        Target: mount.target,
        ...(mount.size === undefined ? {} : {TmpfsOptions: {SizeBytes: mount.size}}),
      }
    : {Type: 'bind', Source: mount.source, Target: mount.target, ReadOnly: mount.readOnly}
