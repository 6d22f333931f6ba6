import {delay} from '../base/delay.ts'
import type {ContainerRecord, HealthcheckConfig} from '../model/container.ts'
import type {Containers} from '../runtime/runtime.ts'
import type {ProbeRecord} from './health.ts'

const keptOutput = 4096
const killed = 9

/** Runs a healthcheck's command once in the container; one that takes longer than its timeout is ended and has failed. */
export async function probe(
  containers: Containers,
  record: ContainerRecord,
  config: HealthcheckConfig,
  signal: AbortSignal,
): Promise<ProbeRecord> {
  const start = Date.now()
  const done = (exitCode: number, output: string): ProbeRecord => ({start, end: Date.now(), exitCode, output})
  try {
    const stream = await containers.exec(record.id, {
      command: commandOf(config.test),
      env: [],
      user: record.config.user,
      workingDir: record.config.workingDir,
      tty: true,
      stdin: false,
      privileged: false,
    })
    let output = ''
    stream.io.on('data', (chunk: Buffer) => {
      if (output.length < keptOutput) output += chunk.toString('utf8')
    })
    stream.io.on('error', () => undefined)
    const ended = new AbortController()
    void stream.exited.finally(() => ended.abort())
    if (await delay(config.timeout, AbortSignal.any([ended.signal, signal]))) {
      await stream.signal(killed).catch(() => undefined)
      return done(-1, `Health check exceeded timeout (${config.timeout} ms)`)
    }
    if (signal.aborted) await stream.signal(killed).catch(() => undefined)
    const {code} = await stream.exited
    return done(code, output.slice(0, keptOutput))
  } catch (error) {
    return done(-1, error instanceof Error ? error.message : String(error))
  }
}

const commandOf = (test: readonly string[]): readonly string[] =>
  test[0] === 'CMD-SHELL' ? ['/bin/sh', '-c', test.slice(1).join(' ')] : test.slice(1)
