import {Writable} from 'node:stream'
import {StackError} from '../base/error.ts'
import type {Engine, ExecSpec} from '../engine/engine.ts'
import type {ContainerRef, HookOperation} from '../plan/step.ts'

/** Takes what a hook in a container writes; `end` says that no more comes. */
export type HookOutput = (container: ContainerRef) => {write(data: Uint8Array): void; end(): void}

export type Running = {readonly id: string; readonly output: HookOutput | undefined; readonly signal: AbortSignal}

/**
 * Runs a hook to its end, or until the signal, which leaves it behind: no engine can end it.
 * Errors: hook-failed, cancelled, and what keeps a command from being run.
 */
export async function runHook(engine: Engine, operation: HookOperation, running: Running): Promise<void> {
  const {moment, index, hook} = operation
  try {
    const exitCode = await untilAborted(exec(engine, operation, running), running.signal)
    if (exitCode !== 0)
      throw new StackError('hook-failed', `${moment}[${index}] (${hook.command.join(' ')}) exited with ${exitCode}`)
  } catch (error) {
    if (moment === 'pre_stop' && !running.signal.aborted && (await hasEnded(engine, running.id))) return
    throw error
  }
}

const hasEnded = async (engine: Engine, id: string): Promise<boolean> =>
  (await engine.inspectContainer(id))?.status !== 'running'

async function exec(engine: Engine, {hook, container}: HookOperation, {id, output}: Running): Promise<number> {
  const sink = output?.(container)
  const stream = new Writable({
    write(data: Uint8Array, _encoding, done) {
      sink?.write(data)
      done()
    },
  })
  try {
    return await engine.exec(id, specOf(hook), {stdout: stream, stderr: stream})
  } finally {
    sink?.end()
  }
}

/** What an engine runs for it. */
export const specOf = ({command, user, privileged, workingDir, environment}: HookOperation['hook']): ExecSpec => ({
  command,
  tty: false,
  stdin: false,
  privileged,
  environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
  ...(user === undefined ? {} : {user}),
  ...(workingDir === undefined ? {} : {workingDir}),
})

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new StackError('cancelled', 'interrupted'))
  })
  signal.addEventListener('abort', abort, {once: true})
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
    work.catch(() => {})
    aborted.catch(() => {})
  }
}
