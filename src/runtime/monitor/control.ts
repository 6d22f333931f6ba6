import {StackError} from '../../base/error.ts'
import type {ProcessStream, TerminalSize} from '../runtime.ts'
import {describeFailure, failureOf, startError} from './failure.ts'
import {frameTypes} from './frame.ts'
import {Link} from './link.ts'
import {processStream} from './process-stream.ts'
import {decodeWords, type MonitorStep} from './program.ts'
import {commandOf} from './start.ts'
import {type MonitorStatus, statusOf} from './status.ts'

/** Ends a hold; rejects where the program cannot be exec'd. */
export async function go(path: string): Promise<void> {
  const words = await ask(path, ['go'])
  if (words[0] === 'error') throw startError(failureOf(words), failureOf(words).subject)
}

export const askStatus = async (path: string): Promise<MonitorStatus> => statusOf(await demand(path, ['status']))

/** A signal to the program, by number. */
export const sendSignal = async (path: string, signal: number): Promise<void> => {
  await demand(path, ['signal', String(signal)])
}

/** Resolves when the program has ended: SIGKILL after `grace` milliseconds, sooner where the signal cannot reach it. */
export async function stop(path: string, {signal, grace}: {signal: number; grace: number}): Promise<MonitorStatus> {
  return statusOf(await demand(path, ['stop', String(signal), String(grace)]))
}

export const resize = async (path: string, {rows, columns}: TerminalSize): Promise<void> => {
  await demand(path, ['resize', String(rows), String(columns)])
}

/** What the program writes from now on; `pid` is the container's, for who asks. */
export async function attach(
  path: string,
  {stdin, tty, pid}: {stdin: boolean; tty: boolean; pid: number},
): Promise<ProcessStream> {
  const link = await Link.open(path, [stdin ? ['attach', 'stdin'] : ['attach']])
  const words = await answer(link)
  if (words[0] !== 'ok') throw refusal(link, words)
  return processStream(link, {pid, tty, outlives: false})
}

/** Runs another program in the container; `steps` end in its `exec`. */
export async function exec(path: string, steps: readonly MonitorStep[]): Promise<ProcessStream> {
  const link = await Link.open(path, [['exec'], ...steps])
  const words = await answer(link)
  if (words[0] !== 'ok') {
    link.close()
    throw startError(failureOf(words), commandOf(steps))
  }
  return processStream(link, {
    pid: Number(words[1]),
    tty: steps.some(([operation]) => operation === 'tty'),
    outlives: true,
  })
}

/** The words of the next frame. */
export async function answer(link: Link): Promise<string[]> {
  const {value, done} = await link.frames.next()
  if (done || value.type !== frameTypes.words) {
    link.close()
    throw new StackError('io', 'the monitor ended without an answer')
  }
  return decodeWords(value.payload)
}

async function ask(path: string, request: MonitorStep): Promise<string[]> {
  const link = await Link.open(path, [request])
  try {
    return await answer(link)
  } finally {
    link.close()
  }
}

async function demand(path: string, request: MonitorStep): Promise<string[]> {
  const words = await ask(path, request)
  if (words[0] === 'error') throw new StackError('conflict', describeFailure(failureOf(words)))
  return words
}

function refusal(link: Link, words: readonly string[]): StackError {
  link.close()
  return new StackError('conflict', describeFailure(failureOf(words)))
}
