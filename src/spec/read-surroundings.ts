import {existsSync, readFileSync} from 'node:fs'
import {dirname, resolve} from 'node:path/posix'
import type {Diagnostic, Span} from '../base/diagnostic.ts'
import {StackError} from '../base/error.ts'
import {discover} from './discover.ts'
import {parseDotenv} from './dotenv.ts'
import type {Stage} from './source.ts'

/** As the command line was given them. */
export type ReadOptions = {
  readonly files?: readonly string[]
  readonly projectDirectory?: string | undefined
  readonly envFiles?: readonly string[]
  readonly profiles?: readonly string[]
  readonly projectName?: string | undefined
  /** Services that were named. */
  readonly services?: readonly string[]
  readonly without?: ReadonlySet<Stage>
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What `-f -` means: the text of standard input. */
  readonly stdin?: () => string
  /** Told of every file that is read, or looked for. */
  readonly onRead?: ((path: string) => void) | undefined
}

/** What has to be known before a file is read: which files, where, and with which variables. */
export type Surroundings = Environment & {
  readonly paths: readonly string[]
  /** Files that would have been read if the first were not there. */
  readonly ignored: readonly string[]
  readonly workingDirectory: string
}

export function surroundings(options: ReadOptions): Surroundings {
  const {environment, places, problems} = readEnvironment(options)
  const {paths, ignored} = chooseFiles(options, environment)
  const workingDirectory = directoryOf(options, paths)
  const beside = paths[0] === undefined || paths[0] === '-' ? undefined : dirname(paths[0])
  // A file found in a directory above has its own .env beside it.
  const isElsewhere = beside !== undefined && beside !== directoryOf(options, options.files ?? splitFiles(environment))
  const late = isElsewhere ? defaultEnvironment(options, beside, environment) : undefined
  return {
    ...{paths, ignored, workingDirectory},
    environment: {...late?.environment, ...environment},
    places: new Map([...(late?.places ?? []), ...places]),
    problems: [...problems, ...(late?.problems ?? [])],
  }
}

/**
 * The variables `COMPOSE_…` of the environment files, which count as if they had been exported. What is wrong with the
 * files is for whoever loads the project to say.
 */
export function composeVariables(options: ReadOptions): Record<string, string> {
  const environment = quietly(() => surroundings(options)) ?? quietly(() => readEnvironment(options))
  return Object.fromEntries(
    Object.entries(environment?.environment ?? {}).filter(([name]) => name.startsWith('COMPOSE_')),
  )
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof StackError) return undefined
    throw error
  }
}

type Environment = {
  readonly environment: Record<string, string>
  /** Where those variables stand that a file gave. */
  readonly places: ReadonlyMap<string, Span>
  readonly problems: readonly Diagnostic[]
}

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
      ? {environment: own, places: new Map(), problems: []}
      : {...found, environment: {...found.environment, ...own}}
  }
  return named.reduce<Environment>(
    ({environment, places, problems}, path) => {
      const whole = resolve(options.cwd, path)
      const bytes = whole === '/dev/null' ? new Uint8Array() : readAndTell(whole, options)
      if (bytes === undefined)
        throw new StackError('invalid-file', `environment file ${whole} is not there`, {exitCode: 2})
      const read = readDotenv(whole, bytes, {...environment, ...own})
      return {
        environment: {...environment, ...read.environment, ...own},
        places: new Map([...places, ...read.places]),
        problems: [...problems, ...read.problems],
      }
    },
    {environment: own, places: new Map(), problems: []},
  )
}

function defaultEnvironment(
  options: ReadOptions,
  directory: string,
  known: Readonly<Record<string, string>>,
): Environment | undefined {
  if (options.envFiles?.length || known.COMPOSE_ENV_FILES || isTrue(known.COMPOSE_DISABLE_ENV_FILE)) return undefined
  const path = resolve(directory, '.env')
  const bytes = readAndTell(path, options)
  return bytes === undefined ? undefined : readDotenv(path, bytes, known)
}

function readDotenv(path: string, bytes: Uint8Array, known: Readonly<Record<string, string>>): Environment {
  const file = {path, text: new TextDecoder().decode(bytes)}
  const {variables, places, problems} = parseDotenv(file, name =>
    Object.hasOwn(known, name) ? known[name] : undefined,
  )
  return {
    environment: Object.fromEntries([...variables].filter((each): each is [string, string] => each[1] !== null)),
    places,
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

export function readAndTell(path: string, {onRead}: Pick<ReadOptions, 'onRead'>): Uint8Array | undefined {
  onRead?.(path)
  return readIfThere(path)
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

export const splitList = (text: string | undefined, separator: string): string[] =>
  (text ?? '')
    .split(separator)
    .map(each => each.trim())
    .filter(each => each !== '')

const isTrue = (text: string | undefined): boolean => /^(?:1|true|yes|on|y|t)$/i.test(text ?? '')
