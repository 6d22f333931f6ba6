import {readFileSync} from 'node:fs'
import {Agent as HttpAgent, type IncomingMessage} from 'node:http'
import {join} from 'node:path'
import type Dockerode from 'dockerode'
import {delay} from '../../base/delay.ts'
import type {StackError} from '../../base/error.ts'
import {type Address, formatAddress} from './address.ts'
import {isCrowded, isNotListening, isUnheard, translateError} from './errors.ts'

export type {
  ContainerCreateOptions,
  ContainerInfo,
  ContainerInspectInfo,
  default as Docker,
  HostConfig,
  MountSettings,
} from 'dockerode'

export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly body?: unknown
  /** X-Registry-Auth: who the user is to the registry that is asked. */
  readonly registryAuth?: string | undefined
  /** X-Registry-Config: the same for every registry that a build may ask. */
  readonly registryConfig?: string | undefined
  readonly signal?: AbortSignal
}

export type ClientOptions = {
  readonly address: Address
  /** Of the certificates, for TLS. */
  readonly certificates?: string
  /** Brings the engine back that does not listen; requests that found it so are made once more. */
  readonly revive?: () => Promise<void>
}

/** An Engine API client: dockerode, with our errors. */
export class Client {
  readonly docker: Dockerode
  readonly name: string
  readonly #revive: (() => Promise<void>) | undefined
  #reviving: Promise<void> | undefined

  constructor(docker: Dockerode, {address, revive}: ClientOptions) {
    this.docker = docker
    this.name = formatAddress(address)
    this.#revive = revive
  }

  /** Does what asks the engine; failures are StackErrors. What can be sent only once says so. */
  async ask<T>(action: (docker: Dockerode) => Promise<T>, {isOnce = false} = {}): Promise<T> {
    try {
      try {
        return await patiently(() => action(this.docker)).catch(error => {
          if (isOnce || !isUnheard(error)) throw error
          return action(this.docker)
        })
      } catch (error) {
        if (this.#revive === undefined || !isNotListening(error)) throw error
        this.#reviving ??= this.#revive().finally(() => {
          this.#reviving = undefined
        })
        await this.#reviving
        return await action(this.docker)
      }
    } catch (error) {
      throw this.failure(error)
    }
  }

  /** What has failed as a StackError. */
  failure(error: unknown): StackError {
    return translateError(error, this.name)
  }

  /** A request that dockerode has no method for, or one that sends too much: its methods repeat the body in the address. */
  call<T>(call: Call): Promise<T> {
    return this.ask(docker => dial<T>(docker, call, false))
  }

  /** The answer as it comes in. */
  stream(call: Call): Promise<IncomingMessage> {
    return this.ask(docker => dial<IncomingMessage>(docker, call, true))
  }
}

const longestQueue = 30_000
const pause = 20

/** Asks again while the engine has more connections waiting than it takes: nothing has happened yet. */
async function patiently<T>(action: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += pause) {
    try {
      return await action()
    } catch (error) {
      if (!isCrowded(error) || waited >= longestQueue) throw error
    }
    await delay(pause)
  }
}

const successes = [200, 201, 204, 304]
export const isSuccess = (status: number): boolean => successes.includes(status)

function dial<T>(
  docker: Dockerode,
  {method, path, query = {}, body, signal, registryAuth, registryConfig}: Call,
  isStream: boolean,
): Promise<T> {
  const options = {
    path: Object.keys(query).length === 0 ? path : `${path}?`,
    method,
    isStream,
    statusCodes: Object.fromEntries(successes.map(status => [status, true])),
    options: {_query: query, _body: body ?? {}},
    ...(signal === undefined ? {} : {abortSignal: signal}),
    ...(registryAuth === undefined ? {} : {authconfig: {base64: registryAuth}}),
    ...(registryConfig === undefined ? {} : {registryconfig: {base64: registryConfig}}),
  }
  return new Promise((resolve, reject) => {
    docker.modem.dial(options as never, (error: unknown, answer: unknown) =>
      error ? reject(error as Error) : resolve(answer as T),
    )
  })
}

export async function openClient(options: ClientOptions): Promise<Client> {
  const {default: Docker} = await import('dockerode')
  return new Client(new Docker((await connection(options)) as Dockerode.DockerOptions), options)
}

/** Less than our daemon stays after the last request. */
const keptFor = 1000

/** A connection per request: on a kept one a request may meet the engine closing it, which ours does not do so soon. */
const agent = (isOurs: boolean): HttpAgent =>
  new HttpAgent({...noServerName, ...(isOurs ? {keepAlive: true, timeout: keptFor} : {})})

/** Else Node finds one out for TLS, without TLS too, by an expression for IPv6 that takes it milliseconds to compile. */
const noServerName = {servername: ''}

/** All that the environment might have said is overruled: docker-modem reads DOCKER_HOST by itself. */
async function connection({address, certificates, revive}: ClientOptions) {
  const isOurs = revive !== undefined
  if (address.kind === 'unix') {
    return {socketPath: address.path, protocol: 'http', agent: agent(isOurs), host: undefined, port: undefined}
  }
  const {host, port, tls} = address
  if (!tls) return {host, port, protocol: 'http', agent: new HttpAgent()}
  const {Agent: HttpsAgent} = await import('node:https')
  const pem = (name: string) =>
    certificates === undefined ? {} : {[name]: readFileSync(join(certificates, `${name}.pem`))}
  return {host, port, protocol: 'https', agent: new HttpsAgent(), ...pem('ca'), ...pem('cert'), ...pem('key')}
}
