import {chmod, mkdir, rm, rmdir} from 'node:fs/promises'
import type {Server} from 'node:http'
import {connect} from 'node:net'
import {join} from 'node:path'
import {setFlagsFromString} from 'node:v8'
import {describe, StackError} from '../base/error.ts'
import {takeLock} from '../base/lock.ts'
import {renewApiSocket, withdrawApiSocket} from '../runtime/container/api-socket.ts'
import {openRuntime} from '../runtime/open.ts'
import {type Paths, pathsFrom} from '../runtime/paths.ts'
import {version} from '../version.ts'
import {removeLostBuilds} from './build/run.ts'
import type {Daemon} from './context.ts'
import {serveDns} from './dns/serve.ts'
import {Events} from './events.ts'
import {Execs} from './execs.ts'
import {apiServer} from './http/server.ts'
import {apiVersion} from './http/version.ts'
import {Idle} from './idle.ts'
import {PendingAttaches} from './pending.ts'
import {archiveRoutes} from './routes/archive.ts'
import {buildRoutes} from './routes/build.ts'
import {containerRoutes} from './routes/containers.ts'
import {execRoutes} from './routes/exec.ts'
import {imageStoreRoutes} from './routes/image-store.ts'
import {imageRoutes} from './routes/images.ts'
import {lifecycleRoutes} from './routes/lifecycle.ts'
import {networkRoutes} from './routes/networks.ts'
import {statisticsRoutes} from './routes/statistics.ts'
import {removeWhenDone, streamRoutes} from './routes/streams.ts'
import {systemRoutes} from './routes/system.ts'
import {usageRoutes} from './routes/usage.ts'
import {volumeRoutes} from './routes/volumes.ts'
import {Supervisor} from './supervise.ts'

const patience = 3000
/** Connections that wait to be taken: a thousand containers come at once. The kernel has a limit of its own. */
const backlog = 4096
const lockPatience = 5000
/**
 * V8 counts the bytes of buffers among those that its small heap may grow by: a pull marked all of it fifty times, a third
 * of its work. In percent of what is alive.
 */
const collectLate = '--heap-growing-percent=400'

/**
 * The daemon: serves the Engine API on the socket of its run directory until no container needs it. Resolves with the
 * exit code: 0 also where another one serves already.
 */
export async function runDaemon(environment: NodeJS.ProcessEnv): Promise<number> {
  setFlagsFromString(collectLate)
  const paths = pathsFrom(environment)
  await mkdir(paths.run, {recursive: true, mode: 0o711})
  await mkdir(paths.state, {recursive: true, mode: 0o711})
  // One that is about to leave has taken its socket away before it gives the lock back.
  const lock = await takeLock(paths.daemonLock, lockPatience, () => answers(paths.socket))
  if (lock === undefined) return 0
  try {
    return await serve(paths)
  } finally {
    lock.release()
  }
}

async function serve(paths: Paths): Promise<number> {
  const daemon = await openDaemon(paths)
  let leave: () => void = () => undefined
  const ended = new Promise<void>(resolve => {
    leave = resolve
  })
  const idle = new Idle({isNeeded: () => isNeeded(daemon), leave: () => leave(), patience})
  const server = apiServer({
    routes: routes(daemon),
    headers: {
      'Api-Version': apiVersion,
      Ostype: 'linux',
      Server: `stack/${daemon.version} (linux)`,
      'Docker-Experimental': 'false',
      'Builder-Version': '',
      'Cache-Control': 'no-cache',
    },
    busy: idle.count,
    failed: (error, request) => warn(request, error),
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leave())
  const isRunning = (id: string) => daemon.runtime.containers.state(id).status === 'running'
  const dns = await serveDns({networks: daemon.runtime.networks, isRunning, warn})
  await daemon.supervisor.adopt()
  await listen(server, paths.socket)
  renewApiSocket(paths)
  await ended
  await rm(paths.socket, {force: true})
  if (!isNeeded(daemon)) withdrawApiSocket(paths)
  server.close()
  server.closeAllConnections()
  await dns.close()
  await daemon.runtime.networks.close()
  await daemon.runtime.containers.close()
  // Empty by now, unless containers run on: then they stay.
  await rmdir(paths.runContainers).catch(() => undefined)
  return 0
}

async function openDaemon(paths: Paths): Promise<Daemon> {
  const daemonCommand = [process.execPath, ...process.execArgv, process.argv[1] ?? '', 'daemon']
  const runtime = await openRuntime(paths, {daemonCommand, warn})
  const events = new Events()
  const supervisor = new Supervisor({runtime, events, warn})
  const daemon: Daemon = {
    version,
    startedAt: Date.now(),
    runtime,
    events,
    supervisor,
    execs: new Execs(),
    pending: new PendingAttaches(),
  }
  removeWhenDone(daemon, warn)
  await runtime.containers.load()
  await removeLostBuilds(daemon, warn)
  await rm(join(paths.run, 'builds'), {recursive: true, force: true})
  return daemon
}

const routes = (daemon: Daemon) => [
  ...systemRoutes(daemon),
  ...usageRoutes(daemon),
  ...containerRoutes(daemon),
  ...archiveRoutes(daemon),
  ...lifecycleRoutes(daemon),
  ...streamRoutes(daemon),
  ...execRoutes(daemon),
  ...statisticsRoutes(daemon),
  ...buildRoutes(daemon),
  ...imageRoutes(daemon),
  ...imageStoreRoutes(daemon),
  ...networkRoutes(daemon),
  ...volumeRoutes(daemon),
]

const isNeeded = (daemon: Daemon): boolean =>
  daemon.supervisor.anyRestarting() ||
  daemon.runtime.containers
    .list()
    .some(each => ['running', 'paused'].includes(daemon.runtime.containers.state(each.id).status))

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path, () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

/** A socket that a killed daemon left is in the way; the lock says that nobody serves it. */
async function listen(server: Server, socket: string): Promise<void> {
  await rm(socket, {force: true})
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen({path: socket, backlog}, resolve))
  } catch (cause) {
    throw new StackError('io', `listen on ${socket}`, {cause})
  } finally {
    process.umask(mask)
  }
  await chmod(socket, 0o600)
}

function warn(doing: string, error: unknown): void {
  process.stderr.write(
    `${new Date().toISOString()} ${doing}: ${error instanceof StackError ? describe(error) : error instanceof Error ? error.stack : error}\n`,
  )
}
