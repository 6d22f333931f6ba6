import {readFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {errnoOf, StackError} from '../base/error.ts'
import {member} from '../base/foreign.ts'
import {
  anonymous,
  type CredentialSource,
  credentialIn,
  type Found,
  firstOf,
  hubKey,
  registryOf,
  textOf,
} from './auth.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The credentials that `docker login` and `podman login` keep: of REGISTRY_AUTH_FILE, config.json of DOCKER_CONFIG or
 * ~/.docker, XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json. The first that knows the registry
 * decides. Errors: invalid-file.
 */
export function credentialsOfFiles(environment: Environment = process.env): CredentialSource {
  return firstOf(...filesOf(environment).map(file => credentialsOfFile(file, environment)))
}

/** Who the user is, at one registry and at all that the files name. */
export type Login = {readonly credentials: CredentialSource; registries(): Promise<readonly string[]>}

export const loginOf = (environment: Environment = process.env): Login => ({
  credentials: credentialsOfFiles(environment),
  async registries() {
    const configs = await Promise.all(filesOf(environment).map(read))
    const keys = configs.flatMap(each => [...namesOf(member(each, 'auths')), ...namesOf(member(each, 'credHelpers'))])
    return [...new Set(keys.filter(isWhole).map(registryOf))]
  },
})

export const nobody: Login = {credentials: anonymous, registries: async () => []}

const namesOf = (value: unknown): string[] => (value === null || typeof value !== 'object' ? [] : Object.keys(value))

function filesOf({REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, HOME}: Environment): string[] {
  const home = HOME || homedir()
  return [
    ...(REGISTRY_AUTH_FILE ? [REGISTRY_AUTH_FILE] : []),
    join(DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, 'containers/auth.json')] : []),
    join(XDG_CONFIG_HOME || join(home, '.config'), 'containers/auth.json'),
  ]
}

/** One such file, read when it is asked. */
export function credentialsOfFile(file: string, environment: Environment = process.env): CredentialSource {
  return async (registry, path) => {
    const config = await read(file)
    if (config === undefined) return {}
    const helper = helperFor(config, registry)
    const helped = helper === '' ? {} : await ask(helper, keyFor(registry), environment)
    if (helped.credential !== undefined) return helped
    const stored = storedFor(member(config, 'auths'), registry, path)
    return stored.credential === undefined ? helped : stored
  }
}

const keyFor = (registry: string): string => (registry === 'docker.io' ? hubKey : registry)

/** Few users have one. */
const ask: typeof import('./helper.ts').askHelper = async (...words) =>
  (await import('./helper.ts')).askHelper(...words)

/** The name of the helper: one for the registry goes before the one for all. */
function helperFor(config: unknown, registry: string): string {
  const helpers = member(config, 'credHelpers')
  const key = namesOf(helpers).find(each => registryOf(each) === registry)
  return key === undefined ? textOf(config, 'credsStore') : textOf(helpers, key)
}

/** Keys are registries in many spellings, and in auth.json repositories too: `HOST/team/web`, the longest first. */
function storedFor(auths: unknown, registry: string, path: string): Found {
  if (auths === null || typeof auths !== 'object') return {}
  const keys = Object.keys(auths)
  const parts = path.split('/')
  for (let length = parts.length; length > 0; length--) {
    const key = [registry, ...parts.slice(0, length)].join('/')
    const found = keys.includes(key) ? credentialIn(member(auths, key)) : {}
    if (found.credential !== undefined) return found
  }
  const spellings = keys.filter(each => isWhole(each) && registryOf(each) === registry)
  return spellings.map(key => credentialIn(member(auths, key))).find(each => each.credential !== undefined) ?? {}
}

/** Whether a key is for a whole registry: no path, or that of the protocol. */
const isWhole = (key: string): boolean => /^https?:\/\//.test(key) || /^[^/]+(\/(v[12]\/?)?)?$/.test(key)

async function read(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(cause) ?? '')) return undefined
    throw new StackError('io', `${file}: cannot be read`, {cause})
  }
  try {
    return text.trim() === '' ? undefined : JSON.parse(text)
  } catch {
    // The parser's message would show what stands in the file.
    throw new StackError('invalid-file', `${file}: not valid JSON`, {hint: 'mend it, or log in anew'})
  }
}
