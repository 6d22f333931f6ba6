import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {CredentialSource} from '../../../../src/registry/auth.ts'
import {type FakeRegistry, fakeRegistry, loopbackServer, refuse} from '../../../support/registry.ts'
import {failure, noise, password, pulled} from '../../../support/registry-client.ts'

let registry: FakeRegistry
beforeEach(async () => {
  registry = await fakeRegistry()
  registry.image('v1', [noise(10, 1), noise(10, 2), noise(10, 3)])
})
afterEach(() => registry.close())

const at = (name: string) => `${registry.host}/${name}`
const who = (header: string | undefined) => Buffer.from((header ?? '').replace('Basic ', ''), 'base64').toString()

describe('a registry that wants a password', () => {
  beforeEach(() => {
    registry.whim = (request, response) =>
      who(request.headers.authorization) !== 'me:secret' &&
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required', {'www-authenticate': 'Basic realm="here"'})
  })

  test('gets it', async () => {
    await pulled(at('web:v1'), {auth: password('me', 'secret')})
  })

  test('without one, what to do is said', async () => {
    const {code, text, hint} = await failure(pulled(at('team/web:v1')))
    expect(code).toBe('image-failed')
    expect(text).toBe(`registry ${registry.host}, repository team/web: pull denied: authentication required`)
    expect(hint).toBe(
      `it does not exist, or it is private: check the name, or log in with \`docker login ${registry.host}\``,
    )
  })

  test('a wrong one is shown once for each request', async () => {
    const {text, hint} = await failure(pulled(at('web:v1'), {auth: password('me', 'wrong')}))
    expect(text).toContain('pull denied to user "me"')
    expect(text).not.toContain('wrong')
    expect(hint).toContain('the credentials are wrong or have no right to it')
    expect(registry.asked.length).toBeLessThan(7)
  })

  test('why there is none is said', async () => {
    const auth: CredentialSource = async () => ({problem: 'docker-credential-x is configured and not installed'})
    expect((await failure(pulled(at('web:v1'), {auth}))).text).toContain(
      '(docker-credential-x is configured and not installed)',
    )
  })
})

describe('a registry with a token server', () => {
  type Tokens = Awaited<ReturnType<typeof tokenServer>>
  let tokens: Tokens

  /** Gives `token-1`, `token-2`, …; the registry takes the last. */
  async function tokenServer() {
    const asked: Array<{
      method: string
      query: URLSearchParams
      authorization: string | undefined
      form: URLSearchParams
    }> = []
    const state = {asked, given: 0, status: 200, body: undefined as string | undefined}
    const server = await loopbackServer(async (request, response) => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part)
      asked.push({
        method: request.method ?? '',
        query: new URL(request.url ?? '', 'http://x').searchParams,
        authorization: request.headers.authorization,
        form: new URLSearchParams(Buffer.concat(parts).toString()),
      })
      if (state.status !== 200) return void refuse(response, state.status, 'UNAUTHORIZED', 'incorrect password')
      response.end(state.body ?? JSON.stringify({token: `token-${++state.given}`, expires_in: 60}))
    })
    return Object.assign(state, {host: server.host, close: server.close})
  }

  beforeEach(async () => {
    tokens = await tokenServer()
    registry.whim = (request, response) =>
      request.url !== '/v2/' &&
      request.headers.authorization !== `Bearer token-${tokens.given}` &&
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required', {
        'www-authenticate': `Bearer realm="http://${tokens.host}/token",service="the registry",scope="repository:web:pull"`,
      })
  })
  afterEach(() => tokens.close())

  test('anonymous: one token serves for all', async () => {
    await pulled(at('web:v1'))
    expect(tokens.asked).toHaveLength(1)
    expect(tokens.asked[0]?.query.get('service')).toBe('the registry')
    expect(tokens.asked[0]?.query.getAll('scope')).toEqual(['repository:web:pull'])
    expect(tokens.asked[0]?.authorization).toBeUndefined()
  })

  test('the password goes to the token server alone', async () => {
    await pulled(at('web:v1'), {auth: password('me', 'secret')})
    expect(who(tokens.asked[0]?.authorization)).toBe('me:secret')
    expect(registry.asked.some(each => each.headers.authorization?.startsWith('Basic'))).toBe(false)
  })

  test('an identity token is exchanged', async () => {
    await pulled(at('web:v1'), {auth: async () => ({credential: {kind: 'identity', token: 'refresh-me'}})})
    expect(tokens.asked[0]?.method).toBe('POST')
    expect(Object.fromEntries(tokens.asked[0]!.form)).toEqual({
      grant_type: 'refresh_token',
      client_id: 'stack',
      refresh_token: 'refresh-me',
      service: 'the registry',
      scope: 'repository:web:pull',
    })
  })

  test('a token that ran out amid the layers is renewed once for all of them', async () => {
    const take = registry.whim
    let isOver = false
    registry.whim = (request, response) => {
      if (request.url?.includes('/blobs/') && tokens.given === 1) isOver = true
      return isOver && request.headers.authorization === 'Bearer token-1'
        ? refuse(response, 401, 'UNAUTHORIZED', 'expired', {
            'www-authenticate': `Bearer realm="http://${tokens.host}/token"`,
          })
        : take?.(request, response)
    }
    await pulled(at('web:v1'))
    expect(tokens.given).toBe(2)
  })

  test('that takes no token of its own is left', async () => {
    registry.whim = (request, response) =>
      request.url !== '/v2/' &&
      refuse(response, 401, 'UNAUTHORIZED', 'never', {'www-authenticate': `Bearer realm="http://${tokens.host}/token"`})
    const {text} = await failure(pulled(at('web:v1')))
    expect(text).toContain('pull denied: never')
    expect(tokens.asked.length).toBeLessThan(6)
  })

  test('that refuses the password', async () => {
    tokens.status = 401
    const {text, hint} = await failure(pulled(at('web:v1'), {auth: password('me', 'old')}))
    expect(text).toContain(`pull denied by ${tokens.host} to user "me": incorrect password`)
    expect(hint).toContain('log in anew')
  })

  test.each(['{}', 'nonsense', '{"token": "a\\r\\nX: y"}'])('that answers %s', async body => {
    tokens.body = body
    expect((await failure(pulled(at('web:v1')))).text).toContain('without one')
  })
})
