import {spawn} from 'node:child_process'
import {closeSync, existsSync, mkdirSync, openSync} from 'node:fs'
import {connect} from 'node:net'
import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'
import {delay} from '../../base/delay.ts'
import {StackError, within} from '../../base/error.ts'
import {readText} from '../../base/file.ts'
import daemonOptions from './daemon-options.json' with {type: 'json'}

export type DaemonPlaces = {readonly socket: string; readonly log: string}

export type StartOptions = DaemonPlaces & {
  readonly environment: NodeJS.ProcessEnv
  /** Milliseconds. */
  readonly patience?: number
}

const pause = 5
/**
 * Of Node. A young generation a quarter of V8's own: a pull lets go of its buffers sooner, and much work needs less. And
 * V8 does not go through all of a heap that is smaller than that of a thousand containers: it found next to nothing to free.
 */
const options: readonly string[] = daemonOptions

/** Starts our daemon, detached from this process and its terminal; resolves when its socket takes connections. */
export async function startDaemon({socket, log, environment, patience = 5000}: StartOptions): Promise<void> {
  const begun = (await readText(log).catch(() => undefined))?.length ?? 0
  const child = await within('cannot start the daemon', () => launch({socket, log}, environment))
  let failure: string | undefined
  child.once('error', error => {
    failure = error.message
  })
  // With 0 it found that another one serves already.
  child.once('exit', (code, signal) => {
    if (code !== 0) failure = signal === null ? `it exited with ${code}` : `it was killed by ${signal}`
  })
  const deadline = Date.now() + patience
  while (!(await answers(socket))) {
    const late = Date.now() > deadline ? `it did not answer within ${patience} ms` : undefined
    const because = failure ?? late
    if (because !== undefined) throw await failed(because, {log, begun})
    await delay(pause)
  }
  child.removeAllListeners()
  child.unref()
}

function launch({log}: DaemonPlaces, environment: NodeJS.ProcessEnv) {
  const program = programFile()
  mkdirSync(dirname(log), {recursive: true, mode: 0o711})
  const out = openSync(log, 'a', 0o600)
  try {
    return spawn(process.execPath, [...options, program, 'daemon'], {
      cwd: '/',
      detached: true,
      env: environment,
      stdio: ['ignore', out, out],
    })
  } finally {
    closeSync(out)
  }
}

/** The bundle that this is a part of; from the sources, the one that was built last. */
function programFile(): string {
  const candidates = ['../bin/stack', '../../../bin/stack'].map(each => fileURLToPath(new URL(each, import.meta.url)))
  const found = candidates.find(path => existsSync(path))
  if (found !== undefined) return found
  throw new StackError('engine-unreachable', 'the program of the daemon is not there', {
    hint: 'build it: node scripts/build.mjs',
  })
}

/** Whether somebody takes connections on a socket. */
export function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function failed(because: string, {log, begun}: {log: string; begun: number}): Promise<StackError> {
  const text = (await readText(log).catch(() => '')) ?? ''
  const lines = text.slice(begun).split('\n').filter(isTelling).slice(-5)
  const words = lines.length === 0 ? '' : `; it said:\n${lines.map(line => `  ${line}`).join('\n')}`
  const hint = `its log is ${log}`
  return new StackError('engine-unreachable', `cannot start the daemon: ${because}${words}`, {hint})
}

/** Not empty, and no frame of a stack trace. */
const isTelling = (line: string): boolean => line.trim() !== '' && !/^\s+at /.test(line)
