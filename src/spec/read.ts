import {existsSync, readFileSync} from 'node:fs'
import {arch} from 'node:os'
import {dirname, resolve} from 'node:path/posix'
import {type Diagnostic, hasErrors, type SourceFile} from '../base/diagnostic.ts'
import {StackError} from '../base/error.ts'
import {discover} from './discover.ts'
import {parseDotenv} from './dotenv.ts'
import {type Loaded, type LoadRequest, load} from './load.ts'
import {warning} from './problem.ts'

/** As the command line was given them. */
export type ReadOptions = {
  readonly files?: readonly string[]
  readonly projectDirectory?: string | undefined
  readonly envFiles?: readonly string[]
  readonly profiles?: readonly string[]
  readonly projectName?: string | undefined
  /** Services that were named. */
  readonly services?: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What `-f -` means: the text of standard input. */
  readonly stdin?: () => string
}

export type ReadResult = {readonly request: LoadRequest; readonly problems: readonly Diagnostic[]}

/** Reads and loads in one go. */
export function readProject(options: ReadOptions): Loaded {
  const {request, problems} = readRequest(options)
  if (hasErrors(problems)) return {problems}
  const loaded = load(request)
  return {...loaded, problems: [...problems, ...loaded.problems]}
}

/** Everything `load` needs; the only place of the spec room that touches the disk. */
export function readRequest(options: ReadOptions): ReadResult {
  const {environment, problems} = readEnvironment(options)
  const {paths, ignored} = chooseFiles(options, environment)
  const workingDirectory = directoryOf(options, paths)
  const beside = paths[0] === undefined || paths[0] === '-' ? undefined : dirname(paths[0])
  // A file found in a directory above has its own .env beside it.
  const isElsewhere = beside !== undefined && beside !== directoryOf(options, options.files ?? splitFiles(environment))
  const late = !isElsewhere ? undefined : defaultEnvironment(options, beside, environment)
  const request: LoadRequest = {
    files: paths.map(path => readSource(path, options)),
    workingDirectory,
    environment: {...late?.environment, ...environment},
    profiles: [...(options.profiles ?? []), ...splitList(environment.COMPOSE_PROFILES, ',')],
    projectName: options.projectName,
    services: options.services ?? [],
    read: readIfThere,
    selinux: existsSync('/sys/fs/selinux/enforce'),
    platform: `linux/${{x64: 'amd64', ia32: '386'}[arch() as string] ?? arch()}`,
  }
  return {
    request,
    problems: [...problems, ...(late?.problems ?? []), ...ignored.map(path => ignoredProblem(path, paths[0]!))],
  }
}

const ignoredProblem = (path: string, chosen: string): Diagnostic =>
  warning('conflict', `${path} is not used: ${chosen} comes first`, {hint: 'say which with -f'})

type Environment = {readonly environment: Record<string, string>; readonly problems: readonly Diagnostic[]}

/** The process's variables, over those of the environment files. */
function readEnvironment(options: ReadOptions): Environment {
  const own = Object.fromEntries(Object.entries(options.env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >
  const named = options.envFiles?.length ? options.envFiles : splitList(own.COMPOSE_ENV_FILES, ',')
  if (named.length === 0) {
    const found = defaultEnvironment(options, directoryOf(options, options.files ?? splitFiles(own)), own)
    return found === undefined
      ? {environment: own, problems: []}
      : {...found, environment: {...found.environment, ...own}}
  }
  return named.reduce<Environment>(
    ({environment, problems}, path) => {
      const whole = resolve(options.cwd, path)
      const bytes = whole === '/dev/null' ? new Uint8Array() : readIfThere(whole)
      if (bytes === undefined)
        throw new StackError('invalid-file', `environment file ${whole} is not there`, {exitCode: 2})
      const read = readDotenv(whole, bytes, {...environment, ...own})
      return {environment: {...environment, ...read.environment, ...own}, problems: [...problems, ...read.problems]}
    },
    {environment: own, problems: []},
  )
}

function defaultEnvironment(
  options: ReadOptions,
  directory: string,
  known: Readonly<Record<string, string>>,
): Environment | undefined {
  if (options.envFiles?.length || known.COMPOSE_ENV_FILES || isTrue(known.COMPOSE_DISABLE_ENV_FILE)) return undefined
  const path = resolve(directory, '.env')
  const bytes = readIfThere(path)
  return bytes === undefined ? undefined : readDotenv(path, bytes, known)
}

function readDotenv(path: string, bytes: Uint8Array, known: Readonly<Record<string, string>>): Environment {
  const file = {path, text: new TextDecoder().decode(bytes)}
  const {variables, problems} = parseDotenv(file, name => (Object.hasOwn(known, name) ? known[name] : undefined))
  return {
    environment: Object.fromEntries([...variables].filter((each): each is [string, string] => each[1] !== null)),
    problems,
  }
}

function chooseFiles(
  options: ReadOptions,
  environment: Readonly<Record<string, string>>,
): {paths: readonly string[]; ignored: readonly string[]} {
  const named = options.files?.length ? options.files : splitFiles(environment)
  if (named.length > 0)
    return {paths: named.map(path => (path === '-' ? path : resolve(options.cwd, path))), ignored: []}
  const start = resolve(options.cwd, options.projectDirectory ?? '.')
  const found = discover(start, existsSync)
  if (found !== undefined) return {paths: found.files, ignored: found.ignored}
  throw new StackError('not-found', `no Compose file in ${start} or any directory above it`, {
    hint: 'make a compose.yaml, or name a file with -f',
    exitCode: 2,
  })
}

/** `--project-directory`, else the first file's directory, else where we are. */
function directoryOf(options: ReadOptions, paths: readonly string[]): string {
  if (options.projectDirectory !== undefined) return resolve(options.cwd, options.projectDirectory)
  const first = paths[0]
  return first === undefined || first === '-' ? options.cwd : dirname(resolve(options.cwd, first))
}

function readSource(path: string, options: ReadOptions): SourceFile {
  if (path === '-') return {path: '-', text: options.stdin?.() ?? ''}
  const bytes = readIfThere(path)
  if (bytes !== undefined) return {path, text: new TextDecoder().decode(bytes)}
  throw new StackError('not-found', `Compose file ${path} is not there`, {exitCode: 2})
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new StackError('io', `cannot read ${path}`, {cause, exitCode: 2})
  }
}

const splitFiles = (environment: Readonly<Record<string, string>>): readonly string[] =>
  splitList(environment.COMPOSE_FILE, environment.COMPOSE_PATH_SEPARATOR || ':')

const splitList = (text: string | undefined, separator: string): string[] =>
  (text ?? '')
    .split(separator)
    .map(each => each.trim())
    .filter(each => each !== '')

const isTrue = (text: string | undefined): boolean => /^(?:1|true|yes|on|y|t)$/i.test(text ?? '')
