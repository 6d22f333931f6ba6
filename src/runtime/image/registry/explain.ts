import {StackError} from '../../../base/error.ts'
import type {Found} from '../../../registry/auth.ts'
import type {DockerReference} from '../../../registry/reference.ts'
import {RegistryFailure} from './failure.ts'

export type Doing = {
  readonly reference: DockerReference
  readonly action: 'pull' | 'push'
  /** What was being fetched or sent: `layer sha256:3f2a1c…`; undefined for the manifest. */
  readonly what?: string
  readonly found: Found
}

/** A failure as a person can use it: registry, repository, what failed, and what to do. Other errors stay as they are. */
export function explain(error: unknown, doing: Doing): unknown {
  const failure = failureIn(error)
  const {registry, path} = doing.reference
  const place = `registry ${registry}, repository ${path}${doing.what === undefined ? '' : `, ${doing.what}`}`
  if (failure === undefined)
    return isSpoilt(error, doing) ? new StackError('image-failed', place, {cause: error, hint: broken}) : error
  const {code, message, hint} = wordsFor(failure, doing)
  const mirrors = failure.before.map(each => `; mirror: ${each.message}`).join('')
  const cause = 'error' in failure.reason ? failure.reason.error : undefined
  return new StackError(code, `${place}: ${message}${mirrors}`, {hint, cause})
}

/** The store's word for bytes that are not those of the digest. */
const isSpoilt = (error: unknown, {what}: Doing): boolean =>
  what !== undefined && error instanceof StackError && error.code === 'image-failed'

const broken = 'the registry, or a proxy before it, is broken: try again, or use another'

/** The failure of a registry somewhere in an error's chain. */
export function failureIn(error: unknown): RegistryFailure | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof RegistryFailure) return at
  return undefined
}

type Words = {
  readonly code: 'image-failed' | 'image-not-found' | 'timeout'
  readonly message: string
  readonly hint: string
}

function wordsFor(failure: RegistryFailure, doing: Doing): Words {
  const {reason} = failure
  const message = failure.message
  if (reason.kind === 'denied') return denied(reason.said, doing, reason.host)
  if (reason.kind === 'certificate') return untrusted(message, reason.host)
  if (reason.kind === 'stalled') {
    return {code: 'timeout', message, hint: 'what was downloaded is kept: try again, or use a mirror'}
  }
  if (reason.kind === 'connection') {
    const hint =
      'is it running, is the name right, and does it need a proxy (HTTPS_PROXY)? HTTP needs the list of insecure registries'
    return {code: 'image-failed', message: `${message} failed`, hint}
  }
  if (reason.kind === 'nonsense') {
    return {
      code: 'image-failed',
      message,
      hint: broken,
    }
  }
  if (reason.status === 401 || reason.status === 403) return denied(reason.said, doing, reason.host)
  if (reason.status === 404) return missing(reason, doing)
  if (reason.status === 429) return limited(failure, doing)
  return {
    code: 'image-failed',
    message,
    hint: reason.status >= 500 ? 'the registry is in trouble: try again later' : 'see the log of the registry',
  }
}

function denied(said: string, {reference, action, found}: Doing, host: string): Words {
  const by = host === reference.registry ? '' : ` by ${host}`
  const reply = said === '' ? '' : `: ${said}`
  const {credential, problem} = found
  const login = `docker login ${reference.registry === 'docker.io' ? '' : reference.registry}`.trim()
  if (credential === undefined) {
    const why = problem === undefined ? '' : ` (${problem})`
    const or = action === 'pull' ? 'it does not exist, or it is private' : 'only who is logged in may push'
    return {
      code: 'image-failed',
      message: `${action} denied${by}${reply}${why}`,
      hint: `${or}: check the name, or log in with \`${login}\``,
    }
  }
  const who = credential.kind === 'password' ? `user "${credential.username}"` : 'the token that is kept for it'
  return {
    code: 'image-failed',
    message: `${action} denied${by} to ${who}${reply}`,
    hint: `the credentials are wrong or have no right to it: check the name, or log in anew with \`${login}\``,
  }
}

function missing({codes, said}: {codes: readonly string[]; said: string}, {reference, what}: Doing): Words {
  const reply = said === '' ? '' : ` (${said})`
  const code = 'image-not-found'
  if (what !== undefined)
    return {code: 'image-failed', message: `not found${reply}`, hint: 'the image is incomplete there: push it again'}
  if (codes.includes('NAME_UNKNOWN')) return {code, message: `no such repository${reply}`, hint: 'check the name'}
  const named = reference.digest ?? `tag "${reference.tag ?? 'latest'}"`
  return {code, message: `no ${named}${reply}`, hint: 'check the name and the tag'}
}

function limited({message, wait}: RegistryFailure, {found}: Doing): Words {
  const later = wait === undefined ? 'try again later' : `try again in ${Math.ceil(wait / 1000)} s`
  const more = found.credential === undefined ? ', log in (who is logged in may often pull more)' : ''
  return {code: 'image-failed', message: `too many requests: ${message}`, hint: `${later}${more}, or use a mirror`}
}

const untrusted = (message: string, host: string): Words => ({
  code: 'image-failed',
  message: `${message}: its certificate is not trusted`,
  hint: `put the authority's certificate at /etc/docker/certs.d/${host}/ca.crt, or name it in SSL_CERT_FILE`,
})
