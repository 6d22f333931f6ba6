import {type ChildProcess, spawn} from 'node:child_process'
import {accessSync, constants, statSync} from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {StackError} from '../../base/error.ts'
import {type Provided, providerWords, variableOf} from '../../plan/providers.ts'
import {type Message, parseMessage} from './message.ts'

export type Asking = {
  readonly project: string
  /** Where the program runs. */
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
  /** Ends the program by SIGTERM. */
  readonly signal: AbortSignal
  /** What it says of how far it is. */
  readonly progress: (text: string) => void
}

/** Has the program of a service do something; gives the variables it sets for others. Errors: provider-failed, cancelled. */
export async function runProvider(
  service: Provided,
  action: 'up' | 'down',
  asking: Asking,
): Promise<Record<string, string>> {
  const {project, directory, environment, signal} = asking
  const program = findProgram(service, environment.PATH ?? '')
  const child = spawn(program, providerWords(project, service, action), {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = () => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop, {once: true})
  if (signal.aborted) stop()
  try {
    return await follow(child, {service, progress: asking.progress})
  } catch (error) {
    child.kill('SIGTERM')
    throw signal.aborted ? new StackError('cancelled', 'interrupted') : error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

type Following = {readonly service: Provided; readonly progress: Asking['progress']}

async function follow(child: ChildProcess, {service, progress}: Following): Promise<Record<string, string>> {
  const variables: Record<string, string> = {}
  const ended = endOf(child)
  const complaints = linesOf(child.stderr)
  let failure: string | undefined
  for await (const line of createInterface({input: child.stdout!, crlfDelay: Number.POSITIVE_INFINITY})) {
    if (line.trim() === '') continue
    const message = parseMessage(line)
    if (message.type === 'error') failure ??= message.text
    else apply(message, {service, variables, progress})
  }
  const end = await ended
  if (failure === undefined && end !== 0) failure = [`it ended with ${end}`, ...complaints()].join('; ')
  if (failure !== undefined) throw new StackError('provider-failed', failure)
  return variables
}

type Applying = Following & {readonly variables: Record<string, string>}

function apply(message: Message, {service, variables, progress}: Applying): void {
  if (message.type === 'info') progress(message.text)
  if (message.type === 'setenv') variables[variableOf(service.name, message.name)] = message.value
  if (message.type === 'rawsetenv') variables[message.name] = message.value
}

/** Its exit code, or the name of the signal. */
function endOf(child: ChildProcess): Promise<number | string> {
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', cause => reject(new StackError('provider-failed', 'it cannot be started', {cause})))
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'an unknown signal'))
  })
  ended.catch(() => {})
  return ended
}

const kept = 5

/** The last lines that are not empty. */
function linesOf(stream: NodeJS.ReadableStream | null): () => string[] {
  const lines: string[] = []
  if (stream === null) return () => lines
  createInterface({input: stream}).on('line', line => {
    if (line.trim() !== '') lines.push(line)
    if (lines.length > kept) lines.shift()
  })
  return () => lines
}

function findProgram({name, provider: {type}}: Provided, path: string): string {
  for (const program of [`docker-${type}`, type]) {
    for (const directory of path.split(':').filter(each => each !== '')) {
      if (isProgram(join(directory, program))) return join(directory, program)
    }
  }
  throw new StackError('provider-failed', `there is no program docker-${type} or ${type}`, {
    hint: `install the one that service "${name}" names, to a directory in PATH`,
  })
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
