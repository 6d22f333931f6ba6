import {StackError} from '../base/error.ts'
import {member} from '../base/foreign.ts'

/** Who one is to a registry. */
export type Credential =
  | {readonly kind: 'password'; readonly username: string; readonly password: string}
  /** Exchanged for tokens at the token server. */
  | {readonly kind: 'identity'; readonly token: string}
  /** Shown to the registry as it is. */
  | {readonly kind: 'bearer'; readonly token: string}

export type Found = {
  readonly credential?: Credential
  /** Why there is none although one is configured: said where access is denied. */
  readonly problem?: string
}

/** The credential for a repository (`library/redis`) of a registry (`docker.io`, `HOST:PORT`). */
export type CredentialSource = (registry: string, path: string) => Promise<Found>

export const anonymous: CredentialSource = async () => ({})

/** What `docker login` names the hub. */
export const hubKey = 'https://index.docker.io/v1/'

const hubNames = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/** A registry by one name, however files and clients write it: `https://HOST/v2/` is HOST. */
export function registryOf(written: string): string {
  const host = written.replace(/^https?:\/\//, '').replace(/\/.*$/s, '')
  return hubNames.has(host) ? 'docker.io' : host
}

/**
 * The X-Registry-Auth header of the Engine API: JSON in base64, of the URL's alphabet or the other. It is for `registry`
 * alone, and not even for that where it names another. Errors: bad-request.
 */
export function credentialsOfHeader(header: string | undefined, registry: string): CredentialSource {
  if (header === undefined || header.trim() === '') return anonymous
  const written = parse(Buffer.from(header, 'base64').toString('utf8'), 'X-Registry-Auth')
  const address = textOf(written, 'serveraddress')
  const found = address !== '' && registryOf(address) !== registry ? {} : credentialIn(written)
  return async wanted => (wanted === registry ? found : {})
}

/** The X-Registry-Config header of a build: `{"REGISTRY": …}` in base64, each as in `auths`. Errors: bad-request. */
export function credentialsOfConfig(header: string | undefined): CredentialSource {
  if (header === undefined || header.trim() === '') return anonymous
  const written = parse(Buffer.from(header, 'base64').toString('utf8'), 'X-Registry-Config')
  const entries = Object.entries(written)
  return async registry => {
    const entry = entries.find(([key]) => registryOf(key) === registry)
    return entry === undefined ? {} : credentialIn(entry[1])
  }
}

/** The first of several sources that knows one; problems of the others are kept. */
export function firstOf(...sources: readonly CredentialSource[]): CredentialSource {
  return async (registry, path) => {
    let problem: string | undefined
    for (const source of sources) {
      const found = await source(registry, path)
      if (found.credential !== undefined) return found
      problem ??= found.problem
    }
    return problem === undefined ? {} : {problem}
  }
}

/** An entry of `auths`, or the header: `auth` is `USER:PASSWORD` in base64. */
export function credentialIn(entry: unknown): Found {
  const registryToken = textOf(entry, 'registrytoken')
  if (registryToken !== '') return {credential: {kind: 'bearer', token: registryToken}}
  const identity = textOf(entry, 'identitytoken')
  if (identity !== '') return {credential: {kind: 'identity', token: identity}}
  const auth = Buffer.from(textOf(entry, 'auth'), 'base64').toString('utf8')
  const colon = auth.indexOf(':')
  if (colon > 0) return {credential: passwordOf(auth.slice(0, colon), auth.slice(colon + 1).replace(/\0+$/, ''))}
  const username = textOf(entry, 'username')
  return username === '' ? {} : {credential: passwordOf(username, textOf(entry, 'password'))}
}

/** A helper's, and some files', way to say that what stands for the password is an identity token. */
export function passwordOf(username: string, password: string): Credential {
  return username === '<token>' ? {kind: 'identity', token: password} : {kind: 'password', username, password}
}

export function textOf(value: unknown, name: string): string {
  const found = member(value, name)
  return typeof found === 'string' ? found : ''
}

function parse(text: string, what: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (value !== null && typeof value === 'object') return value
  } catch {
    // said below
  }
  throw new StackError('bad-request', `${what} is not JSON in base64`)
}
