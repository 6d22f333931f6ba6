import type {Credential, Found} from '../../../registry/auth.ts'
import {type Challenge, parseChallenges} from './challenge.ts'
import {basic, fetchToken} from './token.ts'
import type {Transport} from './transport.ts'

/** The Authorization header for one repository of one registry, kept for as long as it is taken. */
export type Authorization = {
  current(): string | undefined
  /** Answers the challenge that came upon a header; false where there is nothing new to show. */
  renew(challenge: string | undefined, used: string | undefined): Promise<boolean>
}

export type AuthorizationOptions = {
  readonly transport: Transport
  readonly registry: URL
  /** `repository:library/redis:pull`. */
  readonly scopes: readonly string[]
  readonly find: () => Promise<Found>
  readonly stall: number
  readonly signal: AbortSignal | undefined
}

export function openAuthorization(options: AuthorizationOptions): Authorization {
  let header: string | undefined
  let running: Promise<string | undefined> | undefined

  async function obtain(challenges: readonly Challenge[]): Promise<string | undefined> {
    const {credential} = await options.find()
    if (credential?.kind === 'bearer') return `Bearer ${credential.token}`
    for (const challenge of challenges) {
      const found = await answer(options, challenge, credential)
      if (found !== undefined) return found
    }
    return undefined
  }

  return {
    current: () => header,
    async renew(challenge, used) {
      // Another request has renewed it meanwhile.
      if (header !== used) return true
      const mine = running === undefined
      running ??= obtain(parseChallenges(challenge ?? '')).finally(() => {
        running = undefined
      })
      const obtained = await running
      if (mine) header = obtained
      return obtained !== undefined && obtained !== used
    },
  }
}

async function answer(
  {transport, registry, scopes, stall, signal}: AuthorizationOptions,
  challenge: Challenge,
  credential: Credential | undefined,
): Promise<string | undefined> {
  if (challenge.scheme === 'basic') {
    return credential?.kind === 'password' ? basic(credential.username, credential.password) : undefined
  }
  const all = [...new Set([...scopes, ...challenge.scopes])]
  return `Bearer ${await fetchToken(transport, {challenge, scopes: all, credential, registry, stall, signal})}`
}
