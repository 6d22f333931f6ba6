import {StackError} from '../../base/error.ts'
import type {ExecSpec, ProcessStream} from '../../runtime/runtime.ts'
import type {Daemon} from '../context.ts'
import type {Exec} from '../execs.ts'
import {findContainer} from '../find.ts'
import {frame} from '../http/frames.ts'
import {type Hijack, multiplexed, rawStream} from '../http/hijack.ts'
import type {Request, Route} from '../http/router.ts'
import {isUp} from '../lifecycle.ts'
import {splice} from '../splice.ts'
import {attributesOf} from '../supervise.ts'
import type {ExecBody} from '../translate/bodies.ts'

type StartBody = {
  readonly Detach?: boolean
  readonly Tty?: boolean
  readonly ConsoleSize?: readonly [number, number] | null
}

export function execRoutes(daemon: Daemon): Route[] {
  const of = (request: Request) => daemon.execs.get(request.params.id ?? '')
  return [
    {
      method: 'POST',
      pattern: '/containers/{id}/exec',
      async handle(request, reply) {
        const record = findContainer(daemon.runtime, request.params.id ?? '')
        const body = await request.json<ExecBody>()
        if (!body.Cmd?.length) throw new StackError('bad-request', 'No exec command specified')
        if (!isUp(daemon, record)) throw new StackError('conflict', `Container ${record.id} is not running`)
        const exec = daemon.execs.create(record.id, body)
        daemon.events.tell('container', `exec_create: ${body.Cmd.join(' ')}`, record.id, {
          ...attributesOf(record),
          execID: exec.id,
        })
        reply.json(201, {Id: exec.id})
      },
    },
    {
      method: 'POST',
      pattern: '/exec/{id}/start',
      hijack: async (request, hijack) => begin(daemon, of(request), await request.json<StartBody>(), hijack),
    },
    {
      method: 'POST',
      pattern: '/exec/{id}/resize',
      async handle(request, reply) {
        const exec = of(request)
        exec.size = {rows: Number(request.query.get('h')), columns: Number(request.query.get('w'))}
        await exec.stream?.resize(exec.size)
        reply.empty(200)
      },
    },
    {method: 'GET', pattern: '/exec/{id}/json', handle: (request, reply) => reply.json(200, inspected(of(request)))},
  ]
}

async function begin(daemon: Daemon, exec: Exec, body: StartBody, hijack: Hijack): Promise<void> {
  if (exec.running || exec.exitCode !== undefined)
    throw new StackError('conflict', `Error: Exec command ${exec.id} has already run`)
  const size = sizeOf(body.ConsoleSize ?? exec.body.ConsoleSize)
  if (size) exec.size ??= size
  exec.running = true
  const record = findContainer(daemon.runtime, exec.container)
  const stream = await startOrExplain(daemon, exec)
  if (typeof stream === 'string') return explain(exec, stream, hijack)
  exec.stream = stream
  daemon.events.tell('container', `exec_start: ${exec.body.Cmd?.join(' ')}`, record.id, {
    ...attributesOf(record),
    execID: exec.id,
  })
  const ended = stream.exited.then(({code}) => {
    exec.running = false
    exec.exitCode = code
    daemon.events.tell('container', 'exec_die', record.id, {
      ...attributesOf(record),
      execID: exec.id,
      exitCode: String(code),
    })
  })
  const client = hijack.accept(exec.body.Tty ? rawStream : multiplexed)
  if (body.Detach) {
    stream.io.resume()
    client.end()
    return ended
  }
  await splice({...stream, exited: ended.then(() => stream.exited)}, client, {stdin: exec.body.AttachStdin ?? false})
}

/** The running program, or what to tell the user where there is none: exit code 126 or 127, as Docker has it. */
async function startOrExplain(daemon: Daemon, exec: Exec): Promise<ProcessStream | string> {
  try {
    return await daemon.runtime.containers.exec(exec.container, specOf(exec))
  } catch (error) {
    exec.running = false
    if (!(error instanceof StackError) || error.code !== 'program-not-found') {
      exec.exitCode = 126
      throw error
    }
    exec.exitCode = error.exitCode ?? 127
    return error.message
  }
}

function explain(exec: Exec, message: string, hijack: Hijack): void {
  const client = hijack.accept(exec.body.Tty ? rawStream : multiplexed)
  const bytes = Buffer.from(`${message}\n`)
  client.end(exec.body.Tty ? bytes : frame('stderr', bytes))
}

function specOf({body, size}: Exec): ExecSpec {
  return {
    command: body.Cmd ?? [],
    env: body.Env ?? [],
    user: body.User ?? '',
    workingDir: body.WorkingDir ?? '',
    tty: body.Tty ?? false,
    stdin: body.AttachStdin ?? false,
    privileged: body.Privileged ?? false,
    ...(size ? {size} : {}),
  }
}

/** Docker's is [height, width]. */
const sizeOf = (size: readonly [number, number] | null | undefined) =>
  size && size[0] > 0 && size[1] > 0 ? {rows: size[0], columns: size[1]} : undefined

const inspected = (exec: Exec) => ({
  ID: exec.id,
  Running: exec.running,
  ExitCode: exec.exitCode ?? null,
  Pid: exec.stream?.pid ?? 0,
  ContainerID: exec.container,
  OpenStdin: exec.body.AttachStdin ?? false,
  OpenStdout: true,
  OpenStderr: true,
  CanRemove: false,
  DetachKeys: '',
  ProcessConfig: {
    tty: exec.body.Tty ?? false,
    entrypoint: exec.body.Cmd?.[0] ?? '',
    arguments: exec.body.Cmd?.slice(1) ?? [],
    privileged: exec.body.Privileged ?? false,
    user: exec.body.User ?? '',
  },
})
