import {existsSync} from 'node:fs'
import {StackError} from '../base/error.ts'
import {type Login, loginOf} from '../registry/credentials.ts'
import {type Address, ownPlaces, parseAddress} from './api/address.ts'
import {type ClientOptions, openClient} from './api/client.ts'
import {ApiEngine, type StackInfo} from './api/engine.ts'
import type {Engine} from './engine.ts'

/** What the environment says about the engine to use. */
export type Choice =
  | {readonly kind: 'own'; readonly socket: string; readonly log: string}
  | {readonly kind: 'other'; readonly address: Address; readonly certificates?: string}

type Machine = {readonly isRoot: boolean; readonly exists: (path: string) => boolean}

/**
 * STACK_HOST is an address; STACK_ENGINE is `stack` or `docker`; DOCKER_HOST is Docker's own. Said nothing, root has
 * our engine, others the one that they may talk to.
 */
export function chooseEngine(environment: NodeJS.ProcessEnv, {isRoot, exists}: Machine): Choice {
  const own = {kind: 'own', ...ownPlaces(environment)} as const
  const wanted = environment.STACK_ENGINE
  if (environment.STACK_HOST) return other(environment.STACK_HOST, environment)
  if (wanted === 'stack') return own
  if (wanted !== undefined && wanted !== '' && wanted !== 'docker' && wanted !== 'podman') {
    throw new StackError('usage', `STACK_ENGINE is stack, docker or podman, not "${wanted}"`)
  }
  if (environment.DOCKER_HOST) return other(environment.DOCKER_HOST, environment)
  if (isRoot && !wanted) return own
  const found = socketsOf(environment, wanted).find(exists)
  if (found !== undefined) return other(found, environment)
  if (wanted)
    throw new StackError('engine-unreachable', `no socket of ${wanted} is here`, {
      hint: 'say where it is: DOCKER_HOST=unix:///PATH',
    })
  throw new StackError(
    'engine-unreachable',
    'only root can run containers here, and there is no other engine to talk to',
    {
      hint: 'run it with sudo',
    },
  )
}

function other(text: string, environment: NodeJS.ProcessEnv): Choice {
  const tls = !['', '0', undefined].includes(environment.DOCKER_TLS_VERIFY)
  const certificates = environment.DOCKER_CERT_PATH
  return {kind: 'other', address: parseAddress(text, tls), ...(certificates === undefined ? {} : {certificates})}
}

function socketsOf({XDG_RUNTIME_DIR: runtime}: NodeJS.ProcessEnv, wanted: string | undefined): string[] {
  const docker = ['/var/run/docker.sock', ...(runtime ? [`${runtime}/docker.sock`] : [])]
  const podman = ['/run/podman/podman.sock', ...(runtime ? [`${runtime}/podman/podman.sock`] : [])]
  return wanted === 'docker' ? docker : wanted === 'podman' ? podman : [...docker, ...podman]
}

/** The engine to use, ready: ours is started where it does not run. */
export async function selectEngine(environment: NodeJS.ProcessEnv): Promise<Engine> {
  const login = loginOf(environment)
  const choice = chooseEngine(environment, {isRoot: process.getuid?.() === 0, exists: existsSync})
  if (choice.kind === 'other') return openEngine(choice, login)
  const start = async () => {
    const {startDaemon} = await import('./api/start.ts')
    await startDaemon({...choice, environment})
  }
  return openEngine({address: {kind: 'unix', path: choice.socket}, revive: start}, login)
}

/** The engine at an address; what it can do beyond the API is asked once. */
export async function openEngine(options: ClientOptions, login?: Login): Promise<Engine> {
  const client = await openClient(options)
  return new ApiEngine(client, await infoOf(client), login)
}

async function infoOf(client: Awaited<ReturnType<typeof openClient>>): Promise<StackInfo | undefined> {
  try {
    return await client.call<StackInfo>({method: 'GET', path: '/stack/info'})
  } catch (error) {
    if (error instanceof StackError && (error.code === 'not-found' || error.code === 'bad-request')) return undefined
    throw error
  }
}
