import {StackError} from '../base/error.ts'

/** A reference as Docker reads it: a repository of a registry, and which of its images. */
export type DockerReference = {
  readonly kind: 'docker'
  /** As it is kept and shown: `redis:latest`, `localhost:5000/team/web:v1`, `redis@sha256:…`. */
  readonly text: string
  /** Host and port; `docker.io` where none is named. */
  readonly registry: string
  /** The repository below the registry: `library/redis`. */
  readonly path: string
  /** The repository as it is shown: `redis`, `localhost:5000/team/web`. */
  readonly repository: string
  /** The last part of the path. */
  readonly name: string
  /** `latest` where neither tag nor digest is written. */
  readonly tag?: string
  /** Names the very bytes; the tag is then for people only. */
  readonly digest?: string
}

export const defaultRegistry = 'docker.io'

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const domain = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:.]+\\])(?::(\\d{1,5}))?$`)
const pathPart = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/
const tagForm = /^\w[\w.-]{0,127}$/
const digestForm = /^sha256:[0-9a-f]{64}$/

/** Errors: image-not-found, saying which part is wrong. */
export function parseDocker(text: string): DockerReference {
  const [named = '', digest, ...more] = text.split('@')
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const written = colon < 0 ? named : named.slice(0, colon)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  const {registry, path} = placeOf(written)
  const wrong =
    wrongRegistry(registry) ??
    wrongPath(path) ??
    (tag === undefined || tagForm.test(tag) ? undefined : {what: `"${tag}" is not a tag`}) ??
    (more.length > 0 ? {what: 'it has two digests'} : undefined) ??
    wrongDigest(digest)
  if (wrong !== undefined) throw refused(text, wrong)
  return assembled(registry, path, tag, digest)
}

function assembled(registry: string, path: string, tag: string | undefined, digest: string | undefined) {
  const repository = registry === defaultRegistry ? path.replace(/^library\/(?=[^/]+$)/, '') : `${registry}/${path}`
  const effective = tag ?? (digest === undefined ? 'latest' : undefined)
  return {
    kind: 'docker' as const,
    text: `${repository}${effective === undefined ? '' : `:${effective}`}${digest === undefined ? '' : `@${digest}`}`,
    registry,
    path,
    repository,
    name: path.slice(path.lastIndexOf('/') + 1),
    ...(effective === undefined ? {} : {tag: effective}),
    ...(digest === undefined ? {} : {digest}),
  }
}

/** What stands before the first slash is a registry if it looks like a host, else the hub's is meant. */
function placeOf(written: string): {registry: string; path: string} {
  const slash = written.indexOf('/')
  const first = written.slice(0, Math.max(slash, 0))
  const named = slash >= 0 && (/[.:A-Z]/.test(first) || first === 'localhost')
  const path = named ? written.slice(slash + 1) : written
  const registry = !named || /^(index\.)?docker\.io$/i.test(first) ? defaultRegistry : first
  return {registry, path: registry === defaultRegistry && !path.includes('/') ? `library/${path}` : path}
}

type Wrong = {readonly what: string; readonly hint?: string}

function wrongRegistry(registry: string): Wrong | undefined {
  const match = domain.exec(registry)
  if (match === null) return {what: `"${registry}" is not a host`, hint: 'write HOST[:PORT]/NAME:TAG'}
  return Number(match[1] ?? 0) > 65535 ? {what: `${match[1]} is not a port`} : undefined
}

function wrongPath(path: string): Wrong | undefined {
  const name = path.replace(/^library\//, '')
  if (name === '') return {what: 'it has no name'}
  if (name.length > 255) return {what: 'its name is longer than 255 characters'}
  if (/^[0-9a-f]{64}$/.test(name)) return {what: '64 hex digits are an id, not a name'}
  if (path.split('/').every(part => pathPart.test(part))) return undefined
  if (!/[A-Z]/.test(name)) return {what: `"${name}" is not the name of a repository`}
  return {what: `"${name}" has capital letters`, hint: `names are in lower case: ${name.toLowerCase()}`}
}

function wrongDigest(digest: string | undefined): Wrong | undefined {
  if (digest === undefined || digestForm.test(digest)) return undefined
  return {what: `"${digest}" is not a digest`, hint: 'a digest is sha256: and 64 hex digits'}
}

function refused(text: string, {what, hint}: Wrong): StackError {
  return new StackError('image-not-found', `image "${text}": not an image reference: ${what}`, {
    hint: hint ?? 'write host://, apt://PACKAGE, or NAME:TAG in lower case',
  })
}
