import {expect, test} from 'vitest'
import {
  type Credential,
  type CredentialSource,
  credentialsOfConfig,
  credentialsOfHeader,
} from '../../../src/registry/auth.ts'
import {configHeader, headerFor} from '../../../src/registry/header.ts'

const everywhere =
  (credential: Credential): CredentialSource =>
  async () => ({credential})

test.each<[string, Credential]>([
  ['localhost:5000/team/web:1', {kind: 'password', username: 'me', password: 'pä:ss?>'}],
  ['redis', {kind: 'identity', token: 'abc'}],
  ['ghcr.io/a/b', {kind: 'bearer', token: 'xyz'}],
])('what is sent for %s is what the daemon reads', async (reference, credential) => {
  const header = await headerFor(reference, everywhere(credential))
  expect(header).toMatch(/^[\w-]+$/)
  const registry = reference === 'redis' ? 'docker.io' : reference.split('/')[0]!
  expect(await credentialsOfHeader(header, registry)(registry, 'x')).toEqual({credential})
  expect(await credentialsOfHeader(header, 'other.example')('other.example', 'x')).toEqual({})
})

test('nothing is sent where nobody is logged in, and the source is asked for the registry alone', async () => {
  const asked: string[] = []
  const nobody: CredentialSource = async (registry, path) => {
    asked.push(`${registry} ${path}`)
    return {problem: 'a helper is missing'}
  }
  expect(await headerFor('localhost:5000/team/web:1', nobody)).toBeUndefined()
  expect(await headerFor('redis', nobody)).toBeUndefined()
  expect(asked).toEqual(['localhost:5000 team/web', 'docker.io library/redis'])
  expect(await headerFor('host://', nobody)).toBeUndefined()
  expect(asked).toHaveLength(2)
})

test('a build gets every registry where the user is logged in', async () => {
  const credential: Credential = {kind: 'password', username: 'me', password: 'x'}
  const credentials: CredentialSource = async registry => (registry === 'other.example' ? {} : {credential})
  const registries = async () => ['docker.io', 'localhost:5000', 'other.example']
  const source = credentialsOfConfig(await configHeader({credentials, registries}))
  expect(await source('docker.io', '')).toEqual({credential})
  expect(await source('localhost:5000', '')).toEqual({credential})
  expect(await source('other.example', '')).toEqual({})
  expect(await configHeader({credentials, registries: async () => []})).toBeUndefined()
  expect(() => credentialsOfConfig('!!!')).toThrow('X-Registry-Config is not JSON in base64')
})
