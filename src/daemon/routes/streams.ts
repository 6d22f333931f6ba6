import {once} from 'node:events'
import {StackError} from '../../base/error.ts'
import type {ContainerRecord, ExitRecord} from '../../model/container.ts'
import type {ProcessStream} from '../../runtime/runtime.ts'
import type {Daemon} from '../context.ts'
import {findContainer} from '../find.ts'
import {frame} from '../http/frames.ts'
import {type Hijack, multiplexed, rawStream} from '../http/hijack.ts'
import {flag, instant} from '../http/query.ts'
import type {Reply, Request, Route} from '../http/router.ts'
import {isUp, remove} from '../lifecycle.ts'
import {splice} from '../splice.ts'
import {attributesOf} from '../supervise.ts'

/** Attach, logs and wait: what a client stays connected for. */
export function streamRoutes(daemon: Daemon): Route[] {
  const of = (request: Request) => findContainer(daemon.runtime, request.params.id ?? '')
  return [
    {
      method: 'POST',
      pattern: '/containers/{id}/attach',
      hijack: (request, hijack) => attach(daemon, of(request), request, hijack),
    },
    {
      method: 'GET',
      pattern: '/containers/{id}/logs',
      handle: (request, reply) => logs(daemon, of(request), request, reply),
    },
    {
      method: 'POST',
      pattern: '/containers/{id}/wait',
      handle: (request, reply) => wait(daemon, of(request), request, reply),
    },
  ]
}

async function attach(daemon: Daemon, record: ContainerRecord, request: Request, hijack: Hijack): Promise<void> {
  const stdin = flag(request.query, 'stdin') && record.config.openStdin
  const accept = () => hijack.accept(record.config.tty ? rawStream : multiplexed)
  daemon.events.tell('container', 'attach', record.id, attributesOf(record))
  if (isUp(daemon, record)) {
    const stream = await daemon.runtime.containers.attach(record.id, {stdin})
    const client = accept()
    if (flag(request.query, 'logs')) await replay(daemon, record, client)
    return splice(stream, client, {stdin})
  }
  const client = accept()
  const leave = daemon.pending.add(record.id, async () => {
    const stream: ProcessStream = await daemon.runtime.containers.attach(record.id, {stdin})
    void splice(stream, client, {stdin}).catch(() => client.destroy())
  })
  hijack.gone.addEventListener('abort', leave)
}

async function replay(daemon: Daemon, record: ContainerRecord, client: NodeJS.WritableStream): Promise<void> {
  for await (const entry of daemon.runtime.containers.logs(record.id, {follow: false, stdout: true, stderr: true})) {
    const bytes = Buffer.from(entry.text)
    client.write(record.config.tty ? bytes : frame(entry.stream, bytes))
  }
}

async function logs(daemon: Daemon, record: ContainerRecord, request: Request, reply: Reply): Promise<void> {
  if (record.host.log.driver === 'none') {
    throw new StackError('unsupported', 'configured logging driver does not support reading', {
      hint: 'attach to it while it runs; with another driver its output is kept',
    })
  }
  const {query} = request
  const [stdout, stderr] = [flag(query, 'stdout'), flag(query, 'stderr')]
  if (!stdout && !stderr) throw new StackError('bad-request', 'Bad parameters: you must choose at least one stream')
  const [since, until, tail] = [instant(query, 'since'), instant(query, 'until'), tailOf(query.get('tail'))]
  const timestamps = flag(query, 'timestamps')
  const entries = daemon.runtime.containers.logs(record.id, {
    follow: flag(query, 'follow'),
    stdout,
    stderr,
    signal: reply.gone,
    ...(tail === undefined ? {} : {tail}),
    ...(since === undefined ? {} : {since}),
    ...(until === undefined ? {} : {until}),
  })
  const out = reply.stream(200, record.config.tty ? rawStream : multiplexed)
  for await (const entry of entries) {
    const bytes = Buffer.from(timestamps ? `${entry.time} ${entry.text}` : entry.text)
    const free = out.write(record.config.tty ? bytes : frame(entry.stream, bytes))
    if (!free && !reply.gone.aborted) await Promise.race([once(out, 'drain'), once(out, 'close')])
    if (reply.gone.aborted) return
  }
  out.end()
}

/** Docker's `all`, `-1`, a number. */
function tailOf(text: string | null): number | undefined {
  if (text === null || text === '' || text === 'all') return undefined
  const number = Number(text)
  return Number.isInteger(number) && number >= 0 ? number : undefined
}

/** The headers go out at once: a client waits for these before it starts the container. */
async function wait(daemon: Daemon, record: ContainerRecord, request: Request, reply: Reply): Promise<void> {
  const condition = request.query.get('condition') || 'not-running'
  if (!['not-running', 'next-exit', 'removed'].includes(condition))
    throw new StackError('bad-request', `invalid condition: "${condition}"`)
  const code = exitOf(daemon, record, condition)
  const out = reply.stream(200, 'application/json')
  out.end(`${JSON.stringify({StatusCode: await code})}\n`)
}

async function exitOf(daemon: Daemon, record: ContainerRecord, condition: string): Promise<number> {
  const state = daemon.runtime.containers.state(record.id)
  if (condition === 'removed') {
    const exit = state.status === 'exited' ? undefined : daemon.supervisor.nextExit(record.id)
    await removed(daemon, record.id)
    return (await Promise.race([exit, undefined]))?.code ?? daemon.runtime.containers.state(record.id).exitCode
  }
  if (condition === 'not-running' && !isUp(daemon, record) && !daemon.supervisor.isRestarting(record.id))
    return state.exitCode
  const exit: ExitRecord = await daemon.supervisor.nextExit(record.id)
  return exit.code
}

function removed(daemon: Daemon, id: string): Promise<void> {
  return new Promise(resolve => {
    if (daemon.runtime.containers.get(id) === undefined) return resolve()
    const stop = daemon.events.listen(event => {
      if (event.Action !== 'destroy' || event.Actor.ID !== id) return
      stop()
      resolve()
    })
  })
}

/** A container made with `--rm` goes when it has ended and will not come back. */
export function removeWhenDone(daemon: Daemon, warn: (message: string, error: unknown) => void): void {
  daemon.runtime.containers.onExit(id => {
    const record = daemon.runtime.containers.get(id)
    if (!record?.host.autoRemove || daemon.supervisor.isRestarting(id)) return
    remove(daemon, record, {force: true, volumes: true}).catch(error => warn(`cannot remove ${record.name}`, error))
  })
}
