import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {cp, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {keepEvidence} from './evidence.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const program = join(root, 'bin/stack')

export type Outcome = {readonly code: number; readonly stdout: string; readonly stderr: string; readonly all: string}

/** A folder with a project in it, the command line to work on it, and what it said: shown when the test fails. */
export class Workplace {
  readonly directory: string
  readonly transcript: string[] = []
  readonly #children = new Set<ChildProcess>()

  private constructor(directory: string) {
    this.directory = directory
  }

  /** Of `files` by name, or a copy of a folder of the repository. */
  static async make(content: Readonly<Record<string, string>> | string): Promise<Workplace> {
    const directory = await mkdtemp(join(tmpdir(), 'stack-'))
    if (typeof content === 'string') await cp(join(root, content), directory, {recursive: true})
    else for (const [name, text] of Object.entries(content)) await writeFile(join(directory, name), text)
    return new Workplace(directory)
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.directory, name), text)
  }

  readonly stackProgram = program

  /** Runs `stack WORD…` to its end, 60 seconds at most. */
  stack = (...words: string[]): Promise<Outcome> => this.run(process.execPath, [program, ...words])

  async run(
    command: string,
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    seconds = 60,
  ): Promise<Outcome> {
    const child = this.begin(command, words, environment)
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    clearTimeout(timer)
    const outcome = {code: code ?? 128, stdout: stdout(), stderr: stderr(), all: stdout() + stderr()}
    this.transcript.push(`$ ${words.slice(1).join(' ')}\n${outcome.all}[${signal ?? code}]`)
    return outcome
  }

  /** Starts `stack WORD…` and leaves it running; ended with the workplace. */
  start(...words: string[]): ChildProcess {
    return this.begin(process.execPath, [program, ...words])
  }

  begin(
    command: string,
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    stdin: 'ignore' | 'pipe' = 'ignore',
  ): ChildProcess {
    const child = spawn(command, words, {
      cwd: this.directory,
      env: {...process.env, NO_COLOR: '1', ...environment},
      stdio: [stdin, 'pipe', 'pipe'],
    })
    this.#children.add(child)
    child.once('close', () => this.#children.delete(child))
    return child
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await keepEvidence(this.transcript)
    for (const child of this.#children) child.kill('SIGKILL')
    await this.stack('down', '-v', '--remove-orphans', '-t', '1')
    await rm(this.directory, {recursive: true, force: true})
  }
}

export function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = []
  stream?.on('data', chunk => chunks.push(chunk as Buffer))
  return () => Buffer.concat(chunks).toString('utf8')
}

/** Looks until `question` gives something truthy, then gives that; 15 seconds at most. */
export async function eventually<T>(
  question: () => T | Promise<T>,
  {seconds = 15, what = 'it'} = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1000
  let last: unknown
  do {
    try {
      const answer = await question()
      if (answer) return answer
      last = answer
    } catch (error) {
      last = error
    }
    await new Promise(resolve => setTimeout(resolve, 25))
  } while (Date.now() < deadline)
  throw new Error(
    `${what} did not come about within ${seconds} s; last seen: ${last instanceof Error ? last.stack : JSON.stringify(last)}`,
  )
}
