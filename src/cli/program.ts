import type {StackError} from '../base/error.ts'
import {suggest} from '../base/suggest.ts'
import {createStyle, wantsColour} from '../ui/style.ts'
import {version} from '../version.ts'
import type {Command} from './command.ts'
import {commands, listed} from './commands.ts'
import {createContext, type Io} from './context.ts'
import {exitCodeOf, renderFailure} from './failure.ts'
import {ansiModes, type Globals, globalOptions, globalsBeside} from './globals.ts'
import {renderCommand, renderOverview, versionOption} from './help.ts'
import {interruptedCode} from './interrupts.ts'
import {findCommand, parse, usage} from './parse.ts'

const programOptions = {...globalOptions, version: versionOption}

/** The whole program: arguments in, exit code out. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    const code = await dispatch(argv, io)
    return io.interrupts.count > 0 ? interruptedCode : code
  } catch (error) {
    if (io.interrupts.count > 0) return interruptedCode
    io.stderr.write(renderFailure(error, failureStyle(argv, io)))
    return exitCodeOf(error)
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const at = findCommand(argv, programOptions)
  const before = parse(argv.slice(0, at), programOptions).values
  if (before.version === true) return say(io, `stack version ${version}\n`)
  const name = at === undefined ? undefined : argv[at]
  if (at === undefined || name === undefined) return overview(io, before.help === true)
  const row = commands[name]
  if (row === undefined) throw unknownCommand(name)
  return runCommand({name, command: await row.load()}, {before, args: argv.slice(at + 1)}, io)
}

type Arguments = {readonly before: Readonly<Record<string, unknown>>; readonly args: readonly string[]}

async function runCommand(
  {name, command}: {name: string; command: Command},
  {before, args}: Arguments,
  io: Io,
): Promise<number> {
  const beside = globalsBeside(command.options)
  const {values, operands} = parse(args, {...beside, ...command.options}, command.operandsEndOptions)
  const globals = join(before, values, Object.keys(beside))
  if (globals.help) return say(io, renderCommand({name, command}))
  checkOperands(name, command, operands)
  const context = createContext(globals, io)
  try {
    return (await command.run({values, operands, context})) ?? 0
  } finally {
    await context.close()
  }
}

/** Options of the program given before the command's name and after it, as one. */
function join(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Globals {
  const joined: Record<string, unknown> = {...before}
  for (const name of names) {
    const [first, second] = [before[name], after[name]]
    joined[name] = Array.isArray(first)
      ? [...first, ...(second as unknown[])]
      : second === undefined || second === false
        ? first
        : second
  }
  return joined as Globals
}

function checkOperands(name: string, {operands, usage: form}: Command, given: readonly string[]): void {
  const {minimum = 0, maximum = Number.POSITIVE_INFINITY} = operands ?? {}
  if (given.length < minimum) throw usage(`"stack ${name}" needs more arguments`, `stack ${form}`)
  if (given.length > maximum) throw usage(`"stack ${name}" does not take "${given[maximum]}"`, `stack ${form}`)
}

async function overview(io: Io, asked: boolean): Promise<number> {
  const text = renderOverview(await listed())
  if (asked) return say(io, text)
  io.stderr.write(text)
  return 1
}

export function unknownCommand(name: string): StackError {
  const known = Object.keys(commands).filter(each => commands[each]?.hidden !== true)
  const near = suggest(name, known)
  return usage(`unknown command "${name}"`, near === undefined ? 'stack help' : `stack ${near}`)
}

function say(io: Io, text: string): number {
  io.stdout.write(text)
  return 0
}

/** The arguments may be what is wrong, so their options are looked for, not parsed. */
function failureStyle(argv: readonly string[], {stderr, environment}: Io) {
  const progress = wordAfter(argv, '--progress') ?? environment.COMPOSE_PROGRESS
  const ansi = wordAfter(argv, '--ansi') ?? environment.COMPOSE_ANSI
  const known = ansiModes.find(each => each === ansi) ?? 'auto'
  return {json: progress === 'json', style: createStyle(wantsColour({ansi: known, environment}, stderr.isTTY === true))}
}

function wordAfter(argv: readonly string[], option: string): string | undefined {
  const at = argv.findIndex(each => each === option || each.startsWith(`${option}=`))
  return argv[at]?.includes('=') ? argv[at].slice(option.length + 1) : argv[at + 1 || argv.length]
}
