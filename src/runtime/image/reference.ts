import {StackError} from '../../base/error.ts'
import {type DockerReference, parseDocker} from '../../registry/reference.ts'

/** What an image reference asks for. A Docker reference names a registry, the others have a scheme. */
export type Reference =
  | {readonly kind: 'host'; readonly text: string}
  | {readonly kind: 'apt'; readonly text: string; readonly packages: readonly PackageChoice[]}
  | {readonly kind: 'oci-layout' | 'docker-archive'; readonly text: string; readonly path: string}
  | DockerReference

/** A package, in the version that apt prefers unless one is named. */
export type PackageChoice = {readonly name: string; readonly version?: string}

const packageName = /^[a-z0-9][a-z0-9+.-]+$/
const packageVersion = /^(\d+:)?[A-Za-z0-9][A-Za-z0-9.+~-]*$/

/** Reads a reference; `text` of the result is how it is kept, so that two spellings of one image meet. */
export function parseReference(given: string): Reference {
  const text = given.trim()
  const scheme = /^([a-z][a-z0-9-]*):\/\/(.*)$/s.exec(text)
  if (scheme === null) return parseDocker(text)
  const [, name = '', rest = ''] = scheme
  if (name === 'host') return parseHost(text, rest)
  if (name === 'apt') return parseApt(text, rest)
  if (name === 'oci-layout' || name === 'docker-archive') return parseFile(name, text, rest)
  throw new StackError('image-not-found', `image "${text}": unknown scheme "${name}"`, {
    hint: 'known are host://, apt://PACKAGE, oci-layout://DIRECTORY and docker-archive://FILE',
  })
}

function parseHost(text: string, rest: string): Reference {
  if (rest === '') return {kind: 'host', text: 'host://'}
  throw new StackError('image-not-found', `image "${text}": host:// takes nothing after it`, {
    hint: `write host:// for the host's own programs, or apt://${rest} for a package`,
  })
}

function parseApt(text: string, rest: string): Reference {
  const packages = rest.split(',').map(each => parsePackage(text, each.trim()))
  const twice = packages.find((each, index) => packages.findIndex(other => other.name === each.name) !== index)
  if (twice !== undefined)
    throw new StackError('image-not-found', `image "${text}": package "${twice.name}" is named twice`)
  return {kind: 'apt', text: `apt://${packages.map(written).join(',')}`, packages}
}

function parsePackage(text: string, part: string): PackageChoice {
  const [name = '', version, more] = part.split('=')
  if (!packageName.test(name)) {
    throw new StackError('image-not-found', `image "${text}": "${name}" is not a package name`, {
      hint: 'write apt://PACKAGE or apt://PACKAGE=VERSION, several with commas between them',
    })
  }
  if (version === undefined) return {name}
  if (more === undefined && packageVersion.test(version)) return {name, version}
  throw new StackError('image-not-found', `image "${text}": "${part.slice(name.length + 1)}" is not a package version`)
}

/** A package as apt's command line takes it: `redis-server=5:7.0.15-1`. */
export const written = ({name, version}: PackageChoice): string => (version === undefined ? name : `${name}=${version}`)

function parseFile(kind: 'oci-layout' | 'docker-archive', text: string, path: string): Reference {
  if (path.startsWith('/')) return {kind, text, path}
  throw new StackError('image-not-found', `image "${text}": ${kind}:// takes an absolute path`, {
    hint: `write ${kind}:///path/to/it`,
  })
}
