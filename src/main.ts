import {Interrupts, interruptedCode} from './cli/interrupts.ts'

const argv = process.argv.slice(2)
const interrupts = new Interrupts(() => process.exit(interruptedCode))
// The daemon has handlers of its own.
if (argv[0] !== 'daemon')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupts.raise())

void main().then(code => process.exit(code))

async function main(): Promise<number> {
  leaveWithReader()
  const {run} = await import('./cli/program.ts')
  const code = await run(argv, {
    // Looking at standard input opens it, which few commands need.
    get stdin() {
      return process.stdin
    },
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    directory: process.cwd(),
    interrupts,
  })
  await Promise.all([process.stdout, process.stderr].map(written))
  return code
}

/** What was written to a socket whose reader is slow is lost if the program leaves at once. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    if (stream.writableLength === 0) resolve()
    else stream.write('', () => resolve())
  })
}

/** Whoever read our output has gone (`stack logs | head`): nobody is left to tell. */
function leaveWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
  }
}
