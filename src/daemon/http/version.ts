import {StackError} from '../../base/error.ts'

export const apiVersion = '1.44'
export const minimumApiVersion = '1.24'

/** The path without its `/v1.44`; a version that we do not speak is an error in Docker's words. */
export function versionOf(path: string): string {
  const found = /^\/v1\.(\d+)(\/.*)$/.exec(path)
  if (!found) return path
  const minor = Number(found[1])
  if (minor > 44) {
    throw new StackError(
      'bad-request',
      `client version 1.${minor} is too new. Maximum supported API version is ${apiVersion}`,
    )
  }
  if (minor < 24) {
    throw new StackError(
      'bad-request',
      `client version 1.${minor} is too old. Minimum supported API version is ${minimumApiVersion}, please upgrade your client to a newer version`,
    )
  }
  return found[2] as string
}
