import {PassThrough, Writable} from 'node:stream'
import {Lines} from '../../ui/lines.ts'
import {type Context, createContext} from '../context.ts'

/** The same project, whose messages are lines that somebody shows, and who answers no question. */
export async function capturedContext(context: Context, say: (line: string) => void): Promise<Context> {
  const out = lineStream(say)
  const io = {...context.io, stdin: nobody(), stdout: out, stderr: out, engine: await context.engine()}
  return createContext({...context.globals, progress: 'plain', ansi: 'never'}, io)
}

/** Commands write to it and ask whether it is a terminal, no more. */
function lineStream(say: (line: string) => void): NodeJS.WriteStream {
  const lines = new Lines()
  const stream: unknown = new Writable({
    write(data: Buffer, _encoding, done) {
      for (const line of lines.add(data)) if (line.trim() !== '') say(line)
      done()
    },
  })
  return stream as NodeJS.WriteStream
}

function nobody(): NodeJS.ReadStream {
  const stream: unknown = new PassThrough().end()
  return stream as NodeJS.ReadStream
}
