import {describe as describeError, hintOf, StackError} from '../../src/base/error.ts'
import {anonymous, type CredentialSource} from '../../src/registry/auth.ts'
import {type PullOptions, pullImage} from '../../src/runtime/image/registry/pull.ts'
import type {Patience} from '../../src/runtime/image/registry/retry.ts'
import type {Surroundings} from '../../src/runtime/image/registry/session.ts'
import {directoryContent} from './content.ts'

/** As the ordinary one, for a test that has no minutes. */
export const patience: Patience = {attempts: 4, firstDelay: 2, longestDelay: 8, longestWait: 300, stall: 400}

/** Nothing of this machine: no proxies, no certificates, no settings. */
export const bareSurroundings: Surroundings = {
  environment: {},
  certificates: [],
  settings: {mirrors: new Map(), insecure: []},
  patience,
}

export const password =
  (username: string, secret: string): CredentialSource =>
  async () => ({credential: {kind: 'password', username, password: secret}})

/** Pulls into a store of its own, which is given back with what was told of progress. */
export async function pulled(reference: string, more: Partial<PullOptions> = {}) {
  const content = directoryContent()
  const told: Array<[layer: string, done: number, total: number]> = []
  try {
    const image = await pullImage(reference, {
      platform: {os: 'linux', architecture: 'amd64'},
      content,
      progress: (...each) => void told.push(each),
      auth: anonymous,
      surroundings: bareSurroundings,
      ...more,
    })
    return {image, told}
  } finally {
    content.remove()
  }
}

/** How an action failed, as a person reads it. */
export async function failure(action: Promise<unknown>): Promise<{code: string; text: string; hint: string}> {
  try {
    await action
  } catch (error) {
    if (!(error instanceof StackError)) throw error
    return {code: error.code, text: describeError(error), hint: hintOf(error) ?? ''}
  }
  throw new Error('it went well')
}

/** So many bytes that do not repeat in step with any buffer. */
export const noise = (size: number, seed = 1): Buffer =>
  Buffer.from(Uint8Array.from({length: size}, (_, at) => (at * 31 + seed * 17 + (at >> 8) * 7) & 255))
