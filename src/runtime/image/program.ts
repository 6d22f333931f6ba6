import {spawn} from 'node:child_process'
import {StackError} from '../../base/error.ts'

export type Outcome = {readonly status: number; readonly stdout: string; readonly stderr: string}
export type ProgramOptions = {
  readonly cwd?: string
  readonly onLine?: (line: string) => void
  readonly env?: Readonly<Record<string, string>>
  /** Kills it. */
  readonly signal?: AbortSignal
}

/** Runs a program of the host to its end, in the C locale since its words are read. A missing one rejects with ENOENT. */
export function run(
  file: string,
  args: readonly string[],
  {cwd = '/', onLine, env: more, signal}: ProgramOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = {...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...more}
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : {signal}),
    })
    const [stdout, stderr] = [gather(child.stdout, onLine), gather(child.stderr)]
    child.once('error', reject)
    child.once('close', (code, signal) =>
      resolve({status: code ?? (signal === null ? 1 : 128), stdout: stdout(), stderr: stderr()}),
    )
  })
}

/** The same, where anything but success is an error that says what the program said last. */
export async function runWell(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const {status, stdout, stderr} = await run(file, args, options)
  if (status === 0) return stdout
  const said = stderr.trim().split('\n').slice(-3).join('; ') || `ended with ${status}`
  throw new StackError('image-failed', `${file} ${args[0] ?? ''}: ${said}`)
}

function gather(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): () => string {
  const parts: string[] = []
  let rest = ''
  stream.setEncoding('utf8').on('data', (part: string) => {
    parts.push(part)
    if (onLine === undefined) return
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(onLine)
  })
  return () => parts.join('')
}
