import {once} from 'node:events'
import type {Duplex} from 'node:stream'
import {delay} from '../../base/delay.ts'
import {StackError} from '../../base/error.ts'
import type {ExecSpec, Streams} from '../engine.ts'
import type {Client, Docker} from './client.ts'
import {demultiplex, unframed} from './streams.ts'

type Exec = Docker.Exec

/** Runs a command in a container, with its streams; gives its exit code. */
export async function runExec(
  client: Client,
  container: string,
  {spec, streams}: {spec: ExecSpec; streams: Streams},
): Promise<number> {
  const exec = await client.ask(docker => docker.getContainer(container).exec(execBody(spec, streams)))
  if (spec.detach) {
    const answer = (await client.ask(() => exec.start({Detach: true, Tty: spec.tty}))) as Duplex
    answer.resume()
    return 0
  }
  const connection = (await client.ask(() => exec.start({hijack: true, stdin: spec.stdin, Tty: spec.tty}))) as Duplex
  const forget = spec.tty ? followSize(exec, streams) : () => {}
  const release = spec.stdin && streams.stdin !== undefined ? feed(streams.stdin, connection) : () => {}
  try {
    const chunks = spec.tty ? unframed(connection) : demultiplex(connection)
    for await (const {stream, data} of chunks) await write(streams[stream], data)
  } finally {
    forget()
    release()
    connection.destroy()
  }
  return exitCodeOf(client, exec)
}

function execBody(
  {command, tty, stdin, detach, environment, user, workingDir, privileged}: ExecSpec,
  streams: Streams,
) {
  const size = tty ? streams.size?.() : undefined
  return {
    Cmd: [...command],
    Tty: tty,
    AttachStdin: stdin && !detach,
    AttachStdout: !detach,
    AttachStderr: !detach,
    ...(environment === undefined ? {} : {Env: [...environment]}),
    ...(user === undefined ? {} : {User: user}),
    ...(workingDir === undefined ? {} : {WorkingDir: workingDir}),
    ...(privileged ? {Privileged: true} : {}),
    ...(size === undefined ? {} : {ConsoleSize: [size.rows, size.columns] as [number, number]}),
  }
}

/** The end of our input closes the program's, and no more: its output goes on. */
function feed(stdin: NodeJS.ReadableStream, connection: Duplex): () => void {
  stdin.pipe(connection)
  // The program may end before it has read everything.
  connection.on('error', () => {})
  return () => {
    stdin.unpipe(connection)
    stdin.pause()
  }
}

function followSize(exec: Exec, {size, resized}: Streams): () => void {
  // A resize may reach the engine before the program has its terminal: it does no harm.
  const tell = () => {
    const now = size?.()
    if (now !== undefined) exec.resize({h: now.rows, w: now.columns}).catch(() => {})
  }
  tell()
  return resized?.(tell) ?? (() => {})
}

async function write(out: NodeJS.WritableStream, data: Uint8Array): Promise<void> {
  if (!out.write(data)) await once(out, 'drain')
}

/** Some engines close the streams a moment before they know the code. */
async function exitCodeOf(client: Client, exec: Exec): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const {ExitCode, Running} = await client.ask(() => exec.inspect())
    if (!Running && ExitCode !== null) return ExitCode
    await delay(10 * (attempt + 1))
  }
  throw new StackError('exec-failed', 'the command has closed its output and does not end')
}
