import {type Credential, type CredentialSource, hubKey} from './auth.ts'
import type {Login} from './credentials.ts'
import {defaultRegistry, parseDocker} from './reference.ts'

/**
 * X-Registry-Auth of the Engine API for what asks the registry of a reference: JSON in the URL's base64. undefined
 * where the reference is of no registry, or nobody is logged in there.
 */
export async function headerFor(reference: string, source: CredentialSource): Promise<string | undefined> {
  if (reference.includes('://')) return undefined
  const {registry, path} = parseDocker(reference)
  const {credential} = await source(registry, path)
  if (credential === undefined) return undefined
  const serveraddress = registry === defaultRegistry ? hubKey : registry
  return encoded({...fieldsOf(credential), serveraddress})
}

/** X-Registry-Config of a build, which may ask any registry: who the user is at each. undefined: nobody anywhere. */
export async function configHeader({credentials, registries}: Login): Promise<string | undefined> {
  const found = await Promise.all(
    (await registries()).map(async registry => {
      const {credential} = await credentials(registry, '')
      const key = registry === defaultRegistry ? hubKey : registry
      return credential === undefined ? [] : [[key, fieldsOf(credential)] as const]
    }),
  )
  return found.flat().length === 0 ? undefined : encoded(Object.fromEntries(found.flat()))
}

/** Of somebody who is nobody: other engines want one with every push. */
export const anonymousHeader = encoded({})

function fieldsOf(credential: Credential): Readonly<Record<string, string>> {
  if (credential.kind === 'bearer') return {registrytoken: credential.token}
  if (credential.kind === 'identity') return {identitytoken: credential.token}
  return {username: credential.username, password: credential.password}
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
