import type {CredentialSource} from '../../../registry/auth.ts'
import type {DockerReference} from '../../../registry/reference.ts'
import {type Endpoint, openEndpoint} from './endpoint.ts'
import {isLoopback} from './hosts.ts'
import {ordinaryPatience, type Patience} from './retry.ts'
import {isInsecure, type Place, type RegistrySettings, registrySettings} from './settings.ts'
import {openTransport, type Transport} from './transport.ts'
import {certificateDirectories} from './trust.ts'

/** What a client of registries takes from its surroundings; each has the machine's as its default. */
export type Surroundings = {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Directories in the manner of /etc/docker/certs.d. */
  readonly certificates?: readonly string[]
  readonly settings?: RegistrySettings
  readonly patience?: Patience
}

export type Session = {
  /** Mirrors in their order, the registry last. */
  readonly endpoints: readonly Endpoint[]
  readonly transport: Transport
  readonly patience: Patience
  close(): void
}

export type SessionOptions = {
  readonly reference: DockerReference
  readonly scopes: readonly string[]
  readonly mirrored: boolean
  readonly auth: CredentialSource
  readonly surroundings: Surroundings
  readonly signal: AbortSignal | undefined
}

/** The hub's registry is not where its name says. */
const hubHost = 'registry-1.docker.io'

/** A mirror is not waited for as long: there is another. */
const mirrorAttempts = 2

export async function openSession(options: SessionOptions): Promise<Session> {
  const {reference, surroundings, signal, auth, scopes} = options
  const {environment = process.env, certificates = certificateDirectories, patience = ordinaryPatience} = surroundings
  const settings = surroundings.settings ?? (await registrySettings(environment))
  const insecure = (host: string) => isInsecure(host, settings.insecure)
  const mirrors = options.mirrored ? (settings.mirrors.get(reference.registry) ?? []) : []
  const plain = new Set(mirrors.filter(each => each.scheme === 'http').map(each => each.host))
  const transport = openTransport({
    environment,
    certificates,
    patience,
    isInsecure: insecure,
    mayBePlain: host => isLoopback(host) || insecure(host) || plain.has(host),
  })
  const endpoint = (place: Place, name: string, borne: Patience) =>
    openEndpoint({
      transport,
      place,
      path: reference.path,
      scopes,
      find: () => auth(name, reference.path),
      isInsecure: insecure,
      patience: borne,
      signal,
    })
  const own = {host: reference.registry === 'docker.io' ? hubHost : reference.registry, prefix: ''}
  return {
    transport,
    patience,
    endpoints: [
      ...mirrors.map(each => endpoint(each, each.host, {...patience, attempts: mirrorAttempts})),
      endpoint(own, reference.registry, patience),
    ],
    close: transport.close,
  }
}
