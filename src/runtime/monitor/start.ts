import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {StackError} from '../../base/error.ts'
import {native} from '../../native/binding.ts'
import {failureOf, startError} from './failure.ts'
import {decodeWords, encodeProgram, type MonitorStep} from './program.ts'

export type MonitorFiles = {
  /** The monitor's binary. */
  readonly file?: string
  /** File for what the monitor itself has to say before it leaves its starter. */
  readonly log?: string
}

/** Starts a monitor that runs `steps`; the program's host pid, once it was exec'd or, with `hold`, waits before that. */
export async function startMonitor(steps: readonly MonitorStep[], files: MonitorFiles = {}): Promise<{pid: number}> {
  const answer = await native().startMonitor({
    file: files.file ?? monitorFile(),
    env: environment(),
    input: encodeProgram(steps),
    log: files.log ?? '/dev/null',
  })
  return {pid: pidOf(answer, commandOf(steps))}
}

/** The pid of an `ok PID` answer; throws what any other one says. */
export function pidOf(text: string, command: string | undefined): number {
  const words = decodeWords(text)
  const [answer, pid] = words
  if (answer === 'ok') return Number(pid)
  if (answer === 'error') throw startError(failureOf(words), command)
  throw new StackError('start-failed', 'the monitor ended without an answer')
}

/** The program that the last step is to exec. */
export function commandOf(steps: readonly MonitorStep[]): string | undefined {
  const last = steps.at(-1)
  return last?.[0] === 'exec' ? last[1] : undefined
}

/** Beside `src` and beside the bundle. */
const places = ['../../../build/stack-monitor', '../build/stack-monitor']

function monitorFile(): string {
  ownFile ??= places.map(place => fileURLToPath(new URL(place, import.meta.url))).find(existsSync)
  if (ownFile !== undefined) return ownFile
  throw new StackError('unsupported', 'the program build/stack-monitor is missing', {
    hint: 'build it: npm run build:native',
  })
}

/** What a daemon needs that the monitor wakes; the container's program has an environment of its own. */
function environment(): string[] {
  ownEnvironment ??= Object.entries(process.env).flatMap(([name, value]) =>
    isWanted(name) ? [`${name}=${value}`] : [],
  )
  return ownEnvironment
}

const isWanted = (name: string): boolean => name.startsWith('STACK_') || ['PATH', 'HOME', 'LANG'].includes(name)

// The same for every start.
let ownFile: string | undefined
let ownEnvironment: string[] | undefined
