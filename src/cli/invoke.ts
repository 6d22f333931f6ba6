import {commands} from './commands.ts'
import {type Context, createContext} from './context.ts'
import {parse} from './parse.ts'

/** Another command, for the same project and engine, as if its words had been typed. */
export async function invoke(context: Context, name: string, words: readonly string[]): Promise<number> {
  const row = commands[name]
  if (row === undefined || 'commands' in row) throw new Error(`there is no command "${name}"`)
  const command = await row.load()
  const {values, operands} = parse(words, command.options)
  const fresh = createContext(context.globals, {...context.io, engine: await context.engine()})
  return (await command.run({values, operands, context: fresh})) ?? 0
}
